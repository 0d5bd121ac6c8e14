// Keeps the real functions, because a test may replace them with fakes.
const { clearInterval, setInterval } = globalThis;
const now = performance.now.bind(performance);

const LOOK_EVERY_MS = 20;
const ATTEMPTS = 5;

/**
 * Runs a scene in which real deadlines must not pass. After a pause of this process, timers that are due run before
 * sockets are read, so a deadline passes although the bytes that would have met it have arrived. No test can prevent
 * such a pause. So a scene that fails runs again if there was a pause of `pauseMs` meanwhile; any other failure is thrown
 * at once. The scene starts what it needs, and stops it, even if it fails.
 * @param pauseMs less than the shortest pause that can make the scene fail
 * @throws what the scene throws, if it was undisturbed, and the error of the last of several disturbed attempts
 */
export async function undisturbed<Result>(pauseMs: number, scene: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    const pauses = watchPauses();
    try {
      return await scene();
    } catch (error) {
      if (pauses.longestMs() < pauseMs || attempt === ATTEMPTS) throw error;
    } finally {
      pauses.end();
    }
  }
}

/** Measures for how long the event loop does not turn. */
function watchPauses(): { readonly longestMs: () => number; readonly end: () => void } {
  let [longestMs, lookedAt] = [0, now()];
  const look = () => {
    longestMs = Math.max(longestMs, now() - lookedAt);
    lookedAt = now();
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    longestMs: () => {
      look();
      return longestMs;
    },
    end: () => clearInterval(timer),
  };
}
