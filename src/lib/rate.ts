import { LRUCache } from 'lru-cache';

/** How many identities are counted. The one that called least recently is forgotten first. */
const MAX_IDENTITIES = 10_000;
const WINDOW_MS = 1_000;

interface Window {
  readonly startedAt: number;
  count: number;
}

/**
 * Limits how often each identity does something. It counts in windows of one second, which begin with the first call.
 */
export class Rate {
  readonly #max: number;
  readonly #windows = new LRUCache<string, Window>({ max: MAX_IDENTITIES });

  /** @param max calls per second */
  constructor(max: number) {
    this.#max = max;
  }

  /** Counts one call. @returns whether it is within the rate */
  take(identity: string): boolean {
    const now = performance.now();
    let window = this.#windows.get(identity);
    if (window === undefined || now - window.startedAt >= WINDOW_MS) {
      window = { startedAt: now, count: 0 };
      this.#windows.set(identity, window);
    }
    window.count += 1;
    return window.count <= this.#max;
  }
}
