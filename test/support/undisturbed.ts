// Keeps the real functions, because a test may replace them with fakes.
const { clearInterval, setInterval } = globalThis;
const now = performance.now.bind(performance);

const LOOK_EVERY_MS = 20;
const ATTEMPTS = 5;

/**
 * Runs a scene in which real deadlines must not pass. After a pause of this process, timers that are due run before
 * sockets are read, so a deadline passes although the bytes that would have met it have arrived. No test can prevent
 * such a pause. So a scene that fails runs again if there were pauses of `pauseMs` together during it; any other failure is
 * thrown at once. The scene starts what it needs, and stops it, even if it fails.
 * @param pauseMs less than the pauses that can make the scene fail
 * @throws what the scene throws, if it was undisturbed, and the error of the last of several disturbed attempts
 */
export async function undisturbed<Result>(pauseMs: number, scene: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    const pauses = watchPauses();
    try {
      return await scene();
    } catch (error) {
      if (pauses.totalMs() < pauseMs || attempt === ATTEMPTS) throw error;
    } finally {
      pauses.end();
    }
  }
}

/** Measures for how long the event loop does not turn, in pauses of more than a few milliseconds. */
function watchPauses(): { readonly totalMs: () => number; readonly end: () => void } {
  let [totalMs, lookedAt] = [0, now()];
  const look = () => {
    const sinceMs = now() - lookedAt;
    if (sinceMs > 2 * LOOK_EVERY_MS) totalMs += sinceMs;
    lookedAt += sinceMs;
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    totalMs: () => {
      look();
      return totalMs;
    },
    end: () => clearInterval(timer),
  };
}
