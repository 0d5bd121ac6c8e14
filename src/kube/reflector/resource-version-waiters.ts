import { compareResourceVersions, hasReached, isComparable } from './resource-version.ts';

/** The waiters for one resourceVersion. */
interface Group {
  readonly resourceVersion: string;
  readonly release: Set<(reached: boolean) => void>;
}

/**
 * The waiters for a cache to reach a resourceVersion, in sorted groups. The cost of an event is proportional to the
 * groups that it releases. A wait that ends in another way costs one binary search. Neither depends on the number of
 * waiters.
 */
export class ResourceVersionWaiters {
  /** In ascending order. No group is empty. */
  #groups: Group[] = [];

  /**
   * @param current the resourceVersion that the cache has reached; empty: none
   * @returns true once the cache has reached the wanted one; false after `limitMs` or if the signal aborts
   */
  wait(wanted: string, current: string, limitMs: number, signal?: AbortSignal): Promise<boolean> {
    if (hasReached(current, wanted)) return Promise.resolve(true);
    // Opaque versions cannot be compared, so the result is the same as that of a wait that timed out.
    if (!isComparable(wanted) || signal?.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const release = (reached: boolean) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', giveUp);
        resolve(reached);
      };
      const giveUp = () => {
        this.#remove(wanted, release);
        release(false);
      };
      const timer = setTimeout(giveUp, limitMs);
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#groupOf(wanted).release.add(release);
    });
  }

  /** Call it when the cache has reached this resourceVersion. */
  reached(resourceVersion: string): void {
    if (this.#groups.length === 0 || !isComparable(resourceVersion)) return;
    this.#release(this.#countUpTo(resourceVersion), true);
  }

  /** Ends all waits. Call it when the cache is no longer updated. */
  releaseAll(): void {
    this.#release(this.#groups.length, false);
  }

  #release(count: number, reached: boolean): void {
    for (const group of this.#groups.splice(0, count)) for (const release of group.release) release(reached);
  }

  #groupOf(resourceVersion: string): Group {
    const position = this.#countUpTo(resourceVersion);
    const known = this.#groups[position - 1];
    if (known?.resourceVersion === resourceVersion) return known;
    const group: Group = { resourceVersion, release: new Set() };
    this.#groups.splice(position, 0, group);
    return group;
  }

  #remove(resourceVersion: string, release: (reached: boolean) => void): void {
    const group = this.#groupOf(resourceVersion);
    group.release.delete(release);
    if (group.release.size === 0) this.#groups.splice(this.#countUpTo(resourceVersion) - 1, 1);
  }

  /** How many groups wait for this resourceVersion or an earlier one; binary search. */
  #countUpTo(resourceVersion: string): number {
    let low = 0;
    let high = this.#groups.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const group = this.#groups[middle];
      if (group !== undefined && compareResourceVersions(group.resourceVersion, resourceVersion) <= 0)
        low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
