/** A read that is under way. */
interface Flight<T> {
  readonly startedAt: number;
  readonly result: Promise<T>;
}

/** What a read returned, and when it was begun, on the clock of performance.now(): its truth is at least that new. */
export interface SharedRead<T> {
  readonly startedAt: number;
  readonly value: T;
}

/**
 * Lets many callers share reads of the same thing, so that a thousand of them cost the API server one read at a time.
 * A caller joins the read that is under way if that began late enough for it, and else the one that follows.
 */
export class SharedReads<T> {
  readonly #running = new Map<string, Flight<T>>();
  readonly #following = new Map<string, Promise<SharedRead<T>>>();

  /**
   * @param key what is read
   * @param notBefore the earliest begin of a read that is new enough for the caller
   * @param read must have a deadline
   */
  read(key: string, notBefore: number, read: () => Promise<T>): Promise<SharedRead<T>> {
    const running = this.#running.get(key);
    if (running === undefined) return this.#start(key, read);
    if (running.startedAt >= notBefore) return joined(running);
    let following = this.#following.get(key);
    if (following === undefined) {
      following = running.result
        .catch(() => {})
        .then(() => {
          this.#following.delete(key);
          return this.#start(key, read);
        });
      this.#following.set(key, following);
    }
    return following;
  }

  #start(key: string, read: () => Promise<T>): Promise<SharedRead<T>> {
    const flight: Flight<T> = { startedAt: performance.now(), result: read() };
    this.#running.set(key, flight);
    const end = () => {
      if (this.#running.get(key) === flight) this.#running.delete(key);
    };
    flight.result.then(end, end);
    return joined(flight);
  }
}

async function joined<T>({ startedAt, result }: Flight<T>): Promise<SharedRead<T>> {
  return { startedAt, value: await result };
}
