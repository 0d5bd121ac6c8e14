const EVERY_MS = 20;

/**
 * A clock that stands still while the event loop of this process does not turn, because the machine is busy. For limits of
 * a service that runs in this process: it can do nothing in that time.
 */
export class LoopClock {
  #stoodMs = 0;
  #turnedAt = performance.now();
  readonly #timer = setInterval(() => this.#turned(), EVERY_MS);

  /** In milliseconds, for differences. */
  now(): number {
    const now = performance.now();
    return now - this.#stoodMs - this.#lateMs(now);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #turned(): void {
    const now = performance.now();
    this.#stoodMs += this.#lateMs(now);
    this.#turnedAt = now;
  }

  #lateMs(now: number): number {
    return Math.max(0, now - this.#turnedAt - EVERY_MS);
  }
}
