const EVERY_MS = 20;
const REMEMBERED = 250;

/** How late the event loop of this process was recently. Everything between server and cache is as late. */
export class LoopLag {
  readonly #lags: number[] = [];
  readonly #timer: NodeJS.Timeout;
  #last = performance.now();

  constructor() {
    this.#timer = setInterval(() => this.#measure(), EVERY_MS);
  }

  /** The longest of the last few seconds, in milliseconds. */
  get worstMs(): number {
    return Math.max(0, performance.now() - this.#last - EVERY_MS, ...this.#lags);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #measure(): void {
    const now = performance.now();
    this.#lags.push(now - this.#last - EVERY_MS);
    if (this.#lags.length > REMEMBERED) this.#lags.shift();
    this.#last = now;
  }
}
