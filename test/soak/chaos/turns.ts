import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 5;

/**
 * Waits for a condition for this number of turns of the event loop, with a short pause before each. What takes only turns,
 * such as the end of a socket in this process, takes no more of them on a busy machine, but any time.
 * @returns whether it was fulfilled
 */
export async function withinTurns(turns: number, condition: () => boolean): Promise<boolean> {
  for (let left = turns; left > 0; left -= 1) {
    if (condition()) return true;
    await sleep(PAUSE_MS);
  }
  return condition();
}
