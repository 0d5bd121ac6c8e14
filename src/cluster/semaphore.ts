import { KubeBusyError } from './errors.ts';

/** Lets so many run at a time; a bounded number of others waits in line. */
export class Semaphore {
  #free: number;
  readonly #maxWaiting: number;
  readonly #waiting = new Set<() => void>();

  constructor(places: number, maxWaiting: number) {
    this.#free = places;
    this.#maxWaiting = maxWaiting;
  }

  /**
   * @param maxWaitMs how long it may stand in line
   * @throws KubeBusyError when the line is full or does not move in time, else what the action throws
   */
  async run<T>(action: () => Promise<T>, maxWaitMs?: number): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(maxWaitMs);
    try {
      return await action();
    } finally {
      // The place goes to the next in line without ever being free.
      const [next] = this.#waiting;
      if (next === undefined) this.#free += 1;
      else next();
    }
  }

  #turn(maxWaitMs: number | undefined): Promise<void> {
    if (this.#waiting.size >= this.#maxWaiting) throw new KubeBusyError();
    return new Promise((resolve, reject) => {
      const enter = () => {
        this.#waiting.delete(enter);
        clearTimeout(timer);
        resolve();
      };
      const giveUp = () => {
        this.#waiting.delete(enter);
        reject(new KubeBusyError());
      };
      const timer = maxWaitMs === undefined ? undefined : setTimeout(giveUp, maxWaitMs);
      this.#waiting.add(enter);
    });
  }
}
