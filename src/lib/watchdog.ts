/** Aborts its signal when the time is over that it was started with. */
export class Watchdog {
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Starts the timer. A timer that is already running is replaced. @param reason the reason of the aborted signal */
  start(ms: number, reason: Error): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(reason), ms);
  }

  /** Starts the same time again, if the timer is running. */
  refresh(): void {
    this.#timer?.refresh();
  }

  /** Stops the timer. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
