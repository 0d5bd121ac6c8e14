import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** The process has time for a collection if it was idle for at least this part of the time since it was last asked. */
const IDLE_SHARE = 0.5;
/** How much memory has to have grown since the last collection for another one to be worth its pause. */
const GROWTH = 1.1;

/**
 * Collects garbage when a burst is over. V8 collects while it allocates: after a burst nothing makes it do so, and what
 * closed connections held, most of it native memory, stays resident until it does.
 */
export class IdleCollection {
  readonly #collect: () => void;
  #lastLoop = performance.eventLoopUtilization();
  /** Resident memory after the last collection, in bytes. */
  #floor = Number.POSITIVE_INFINITY;

  constructor() {
    setFlagsFromString('--expose-gc');
    this.#collect = runInNewContext('gc');
  }

  /** @param memory tells the resident memory, in bytes */
  maybe(memory: () => number): void {
    const loop = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(loop, this.#lastLoop);
    this.#lastLoop = loop;
    const bytes = memory();
    this.#floor = Math.min(this.#floor, bytes);
    if (utilization > 1 - IDLE_SHARE || bytes < this.#floor * GROWTH) return;
    this.#collect();
    this.#floor = memory();
  }
}
