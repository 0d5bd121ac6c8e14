/** Lets so many run at a time; a bounded number of others waits in line. */
export class Semaphore {
  #free: number;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number, maxWaiting: number) {
    this.#free = places;
    this.#maxWaiting = maxWaiting;
  }

  /** @throws Error when the line is full, else what the action throws */
  async run<T>(action: () => Promise<T>): Promise<T> {
    if (this.#free > 0) {
      this.#free -= 1;
    } else {
      if (this.#waiting.length >= this.#maxWaiting) throw new Error('too many wait already');
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    try {
      return await action();
    } finally {
      // The place goes to the next in line without ever being free.
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
