import { setImmediate as nextTurn } from 'node:timers/promises';
import { sleep } from './sleep.ts';
import { pauses } from './slices.ts';

/** Something that has work to do now and then. */
export interface Visited {
  /**
   * Does what there is to do. It must not throw.
   * @returns whether it is behind, because there is more to do than it may do in one visit
   */
  visit(): boolean;
}

/** How many times as long as a pass has worked the next one waits: so passes take at most a fifth of the processor. */
const REST_FACTOR = 4;
/** The same if most are behind, and would fall further behind: nearly all of it, in slices. */
const REST_FACTOR_BEHIND = 0.1;

/**
 * Visits those that have something to do, in passes. A few are visited at once. Thousands are visited in slices, with
 * other work of the event loop in between, and the more work a pass has been, the more is left to the next one.
 */
export class Passes {
  #due = new Set<Visited>();
  #isRunning = false;

  /** Has it visited once, in the next pass. */
  schedule(visited: Visited): void {
    this.#due.add(visited);
    if (this.#isRunning) return;
    this.#isRunning = true;
    // After all that the present work schedules.
    queueMicrotask(() => void this.#run());
  }

  async #run(): Promise<void> {
    while (this.#due.size > 0) await sleep(await this.#pass());
    this.#isRunning = false;
  }

  /** @returns how long the next one waits, in milliseconds */
  async #pass(): Promise<number> {
    const due = this.#due;
    this.#due = new Set();
    const pause = pauses();
    let startedAt = performance.now();
    let workedMs = 0;
    let behind = 0;
    for (const visited of due) {
      if (visited.visit()) behind += 1;
      const turn = pause();
      if (turn === undefined) continue;
      workedMs += performance.now() - startedAt;
      await turn;
      startedAt = performance.now();
    }
    workedMs += performance.now() - startedAt;
    // What the visits have caused is done before the next pass.
    await nextTurn();
    return workedMs * (behind > due.size / 2 ? REST_FACTOR_BEHIND : REST_FACTOR);
  }
}
