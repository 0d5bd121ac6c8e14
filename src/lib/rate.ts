import { LRUCache } from 'lru-cache';

/** Identities whose calls are counted; the one that called least recently is forgotten first. */
const MAX_IDENTITIES = 10_000;
const WINDOW_MS = 1_000;

interface Window {
  readonly startedAt: number;
  count: number;
}

/** How often each identity does something: counts what it does in a second, beginning with the first time. */
export class Rate {
  readonly #max: number;
  readonly #windows = new LRUCache<string, Window>({ max: MAX_IDENTITIES });

  /** @param max times in a second */
  constructor(max: number) {
    this.#max = max;
  }

  /** Counts one more time. Whether that is within the rate. */
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
