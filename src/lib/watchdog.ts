/** Aborts its signal once the time that it was started with is over. */
export class Watchdog {
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Begins the time, in the place of one that runs. @param reason what the signal is aborted with */
  start(ms: number, reason: Error): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(reason), ms);
  }

  /** Begins the same time again. */
  refresh(): void {
    this.#timer?.refresh();
  }

  /** Ends the time. Leaves no timer behind. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
