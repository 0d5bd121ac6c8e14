import type { Turns } from './turns.ts';

/** A read that is under way. */
interface Flight<T> {
  readonly startedAt: number;
  readonly result: Promise<T>;
}

/** A read that waits for its turn. */
interface Waiting<T> {
  /** The earliest start that is late enough for all its callers. */
  notBefore: number;
  readonly result: Promise<SharedRead<T>>;
}

/** The result of a read. It is at least as new as `startedAt`, on the clock of performance.now(). */
export interface SharedRead<T> {
  readonly startedAt: number;
  readonly value: T;
}

/**
 * Lets many callers share reads of the same thing, so that a thousand callers cost the API server one read at a time. A
 * caller joins the read that is under way if it started late enough for the caller; otherwise it joins the next read.
 * The next read is shared within one identity only, because it waits in the line of that identity, which may be full.
 */
export class SharedReads<T> {
  readonly #turns: Turns;
  readonly #maxWaitMs: number;
  /** By key. */
  readonly #running = new Map<string, Flight<T>>();
  /** By identity and key. */
  readonly #waiting = new Map<string, Waiting<T>>();

  /** @param maxWaitMs the longest wait for a turn */
  constructor(turns: Turns, maxWaitMs: number) {
    this.#turns = turns;
    this.#maxWaitMs = maxWaitMs;
  }

  /**
   * @param identity who makes the read
   * @param key what is read
   * @param notBefore the earliest start of a read that is new enough for the caller
   * @param read must have a deadline
   * @throws KubeBusyError if the read did not get a turn; otherwise what the read throws
   */
  read(identity: string, key: string, notBefore: number, read: () => Promise<T>): Promise<SharedRead<T>> {
    const flight = this.#flight(key, notBefore);
    if (flight !== undefined) return joined(flight);
    // Identities do not contain line breaks.
    const own = `${identity}\n${key}`;
    const known = this.#waiting.get(own);
    if (known !== undefined) {
      known.notBefore = Math.max(known.notBefore, notBefore);
      return known.result;
    }
    const { promise: result, resolve } = Promise.withResolvers<SharedRead<T>>();
    const waiting: Waiting<T> = { notBefore, result };
    this.#waiting.set(own, waiting);
    /** Ends the wait, so that no further caller joins it: the flight may have started too early for a later caller. */
    const flightOrStart = () => {
      this.#waiting.delete(own);
      return joined(this.#flight(key, waiting.notBefore) ?? this.#start(key, read));
    };
    const begin = async () => {
      const running = this.#running.get(key);
      if (running !== undefined) {
        await running.result.catch(() => {});
        // Another identity has started a read in between that is new enough: joining it needs no turn.
        if (this.#flight(key, waiting.notBefore) !== undefined) return flightOrStart();
      }
      return this.#turns.run(identity, flightOrStart, this.#maxWaitMs);
    };
    resolve(begin().finally(() => this.#waiting.get(own) === waiting && this.#waiting.delete(own)));
    return result;
  }

  /** The read that is under way, if it started late enough. */
  #flight(key: string, notBefore: number): Flight<T> | undefined {
    const flight = this.#running.get(key);
    return flight !== undefined && flight.startedAt >= notBefore ? flight : undefined;
  }

  #start(key: string, read: () => Promise<T>): Flight<T> {
    const flight: Flight<T> = { startedAt: performance.now(), result: read() };
    this.#running.set(key, flight);
    const end = () => {
      if (this.#running.get(key) === flight) this.#running.delete(key);
    };
    flight.result.then(end, end);
    return flight;
  }
}

async function joined<T>({ startedAt, result }: Flight<T>): Promise<SharedRead<T>> {
  return { startedAt, value: await result };
}
