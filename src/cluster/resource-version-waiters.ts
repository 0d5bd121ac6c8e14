import { compareResourceVersions, isComparable } from './resource-version.ts';

interface Waiter {
  readonly resourceVersion: string;
  readonly release: (reached: boolean) => void;
}

/**
 * Those who wait for a cache to reach a resourceVersion. They are kept in order, so that an event costs the waiters
 * that it releases and no more, however many wait for later ones.
 */
export class ResourceVersionWaiters {
  /** Ascending. */
  #waiters: Waiter[] = [];

  /**
   * @param current the resourceVersion that the cache has reached; empty for none
   * @returns true once it has reached the wanted one, false after `limitMs` or when the signal is aborted
   */
  wait(wanted: string, current: string, limitMs: number, signal?: AbortSignal): Promise<boolean> {
    if (wanted === current) return Promise.resolve(true);
    // Opaque versions cannot be waited for: the caller goes on as after a wait that took too long.
    if (!isComparable(wanted) || signal?.aborted) return Promise.resolve(false);
    if (isComparable(current) && compareResourceVersions(wanted, current) <= 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const waiter: Waiter = {
        resourceVersion: wanted,
        release: (reached) => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', giveUp);
          resolve(reached);
        },
      };
      const giveUp = () => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        waiter.release(false);
      };
      const timer = setTimeout(giveUp, limitMs);
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#waiters.splice(this.#positionOf(wanted), 0, waiter);
    });
  }

  /** The cache has reached this resourceVersion. */
  reached(resourceVersion: string): void {
    if (this.#waiters.length === 0 || !isComparable(resourceVersion)) return;
    for (const waiter of this.#waiters.splice(0, this.#positionOf(resourceVersion))) waiter.release(true);
  }

  /** Nothing more will come. */
  releaseAll(): void {
    for (const waiter of this.#waiters.splice(0)) waiter.release(false);
  }

  /** How many wait for this resourceVersion or an earlier one; binary search. */
  #positionOf(resourceVersion: string): number {
    let low = 0;
    let high = this.#waiters.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const waiter = this.#waiters[middle];
      if (waiter !== undefined && compareResourceVersions(waiter.resourceVersion, resourceVersion) <= 0)
        low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
