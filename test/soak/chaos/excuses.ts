import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** A time in which a watch misled its clients. */
interface Excuse {
  /** Before the watch was opened. */
  readonly from: number;
  /** After it was broken off, and what it had sent was read. */
  until: number;
  readonly disordered: boolean;
}

/**
 * Bytes that arrived before a connection was reset are still read afterwards: soon, but on a busy machine the time may pass
 * within a single turn of the event loop.
 */
const LAST_BYTES = { ms: 100, turns: 10 };

/**
 * The times in which the stated age may be wrong without a fault of the cache, because the server itself misled it:
 *
 * - slow drip: an event may be late by the length of the drip, and nothing in it says by how much;
 * - events out of order: the second event of a pair arrives before the first, which was true earlier.
 *
 * Neither sends a state from before its watch was opened: an answer that rests on such a watch (its last contact is in
 * that time) may be as old as the opening, but not older. Once something else has confirmed the cache, the stated age
 * must be right again.
 */
export class Excuses {
  readonly #excuses: Excuse[] = [];

  /** Begins an excuse now. Returns the function that ends it, once the last bytes have been read. */
  begin(misleads: 'late' | 'disordered'): () => void {
    const excuse: Excuse = {
      from: performance.now(),
      until: Number.POSITIVE_INFINITY,
      disordered: misleads === 'disordered',
    };
    this.#excuses.push(excuse);
    return () => void this.#end(excuse);
  }

  async #end(excuse: Excuse): Promise<void> {
    await sleep(LAST_BYTES.ms);
    for (let left = LAST_BYTES.turns; left > 0; left -= 1) await nextTurn();
    excuse.until = performance.now();
  }

  /** How old an answer may be whose last contact was between these times; undefined: there is no excuse. */
  reachingBackTo(earliestContact: number, latestContact: number): number | undefined {
    const froms = this.#valid(earliestContact, latestContact).map(({ from }) => from);
    return froms.length === 0 ? undefined : Math.min(...froms);
  }

  /** Whether events in the wrong order may have left a mixture of two states that the server never held. */
  mayBeMixed(earliestContact: number, latestContact: number): boolean {
    return this.#valid(earliestContact, latestContact).some(({ disordered }) => disordered);
  }

  #valid(earliestContact: number, latestContact: number): Excuse[] {
    return this.#excuses.filter(({ from, until }) => from <= latestContact && earliestContact <= until);
  }
}
