import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ProcessMemory } from './process-memory.ts';

/** A burst is over if the process was idle for this share of the time since the last check. */
const IDLE_SHARE = 0.5;
/** Memory must have grown by this factor since the last collection, or another one is not worth its pause. */
const GROWTH = 1.1;
/** A full collection takes about 0.1 s, so under load it runs at most once in this time. */
const PAUSE_MS = 2_000;

/**
 * Collects garbage when V8 does not. V8 collects only while it allocates, and lets the heap grow to its own limit. So
 * the memory of closed connections, most of it native, stays resident after a burst; and during a burst much of the
 * memory that the kernel counts is garbage.
 */
export class Garbage {
  readonly #memory: ProcessMemory;
  readonly #collect: (options?: object) => void;
  #lastLoop = performance.eventLoopUtilization();
  #collectedAt = Number.NEGATIVE_INFINITY;
  /** The least resident memory seen since the last collection after a burst, or since the start; in bytes. */
  #floor = Number.POSITIVE_INFINITY;

  constructor(memory: ProcessMemory) {
    this.#memory = memory;
    setFlagsFromString('--expose-gc');
    this.#collect = runInNewContext('gc');
  }

  /**
   * Resident memory in bytes. Collects garbage first if it is above `limit`, so that garbage alone does not exceed it.
   */
  memoryAbove(limit: number): number {
    const { bytes } = this.#memory;
    if (bytes <= limit || performance.now() - this.#collectedAt < PAUSE_MS) return bytes;
    return this.#collectNow();
  }

  /**
   * Collects what the start has left behind: the first lists, and compiled code that is not used again. It takes three
   * times as long as an ordinary collection, before the first clients come.
   */
  collectAfterStart(): void {
    this.#floor = this.#collectNow({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  }

  /** Collects if a burst is over and has left garbage behind. */
  collectAfterBurst(): void {
    const loop = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(loop, this.#lastLoop);
    this.#lastLoop = loop;
    const { bytes } = this.#memory;
    this.#floor = Math.min(this.#floor, bytes);
    if (utilization <= 1 - IDLE_SHARE && bytes > this.#floor * GROWTH) this.#floor = this.#collectNow();
  }

  #collectNow(options?: object): number {
    this.#collect(options);
    this.#collectedAt = performance.now();
    return this.#memory.bytes;
  }
}
