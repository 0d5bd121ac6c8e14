import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ProcessMemory } from './process-memory.ts';

/** A burst is over if the process was idle for this part of the time since that was last looked at. */
const IDLE_SHARE = 0.5;
/** How much memory has to have grown since the last collection for another one to be worth its pause. */
const GROWTH = 1.1;
/** A full collection takes some 0.1 s: under load there is one in this time at most. */
const PAUSE_MS = 2_000;

/**
 * Collects garbage when V8 does not. V8 collects while it allocates, and lets the heap grow to a limit of its own: after
 * a burst, what closed connections held stays resident, most of it native memory, and in a burst much of what the kernel
 * counts is garbage.
 */
export class Garbage {
  readonly #memory: ProcessMemory;
  readonly #collect: () => void;
  #lastLoop = performance.eventLoopUtilization();
  #collectedAt = Number.NEGATIVE_INFINITY;
  /** Resident memory when it was least, since the last collection or before; in bytes. */
  #floor = Number.POSITIVE_INFINITY;

  constructor(memory: ProcessMemory) {
    this.#memory = memory;
    setFlagsFromString('--expose-gc');
    this.#collect = runInNewContext('gc');
  }

  /** Resident memory in bytes, without the garbage where it is more than `limit` with it. */
  memoryAbove(limit: number): number {
    const { bytes } = this.#memory;
    if (bytes <= limit || performance.now() - this.#collectedAt < PAUSE_MS) return bytes;
    return this.#collectNow();
  }

  /** Collects where a burst is over and has left memory behind. */
  collectAfterBurst(): void {
    const loop = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(loop, this.#lastLoop);
    this.#lastLoop = loop;
    const { bytes } = this.#memory;
    this.#floor = Math.min(this.#floor, bytes);
    if (utilization <= 1 - IDLE_SHARE && bytes > this.#floor * GROWTH) this.#floor = this.#collectNow();
  }

  #collectNow(): number {
    this.#collect();
    this.#collectedAt = performance.now();
    return this.#memory.bytes;
  }
}
