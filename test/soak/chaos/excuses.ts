/** A time in which a watch misled whoever listened to it. */
interface Excuse {
  /** Before the watch was opened. */
  readonly from: number;
  /** After it was broken off, and what it had sent was read. */
  until: number;
  readonly disordered: boolean;
}

/** What a connection that was reset had already delivered is still read afterwards. */
const LAST_BYTES_MS = 100;

/**
 * The times when the stated age cannot be held against the cache, because the server itself misled it:
 *
 * - slow drip: an event may arrive as late as the drip is long, and nothing in it says how late it is;
 * - events out of order: the second of a pair arrives before the first one, which has been true for as long.
 *
 * Neither says anything from before its watch was opened: an answer that rests on such a watch (its last contact falls
 * into that time) may be as old as the opening, and not older. Once anything else has confirmed the cache, the stated
 * age counts again.
 */
export class Excuses {
  readonly #excuses: Excuse[] = [];

  /** From now on; returns what ends it. */
  begin(misleads: 'late' | 'disordered'): () => void {
    const excuse: Excuse = {
      from: performance.now(),
      until: Number.POSITIVE_INFINITY,
      disordered: misleads === 'disordered',
    };
    this.#excuses.push(excuse);
    return () => {
      excuse.until = performance.now() + LAST_BYTES_MS;
    };
  }

  /** How far back an answer may reach whose last contact was between these times; undefined: no excuse. */
  reachingBackTo(earliestContact: number, latestContact: number): number | undefined {
    const froms = this.#valid(earliestContact, latestContact).map(({ from }) => from);
    return froms.length === 0 ? undefined : Math.min(...froms);
  }

  /** Whether events in the wrong order may have left a mixture of two states, as no server ever held it. */
  mayBeMixed(earliestContact: number, latestContact: number): boolean {
    return this.#valid(earliestContact, latestContact).some(({ disordered }) => disordered);
  }

  #valid(earliestContact: number, latestContact: number): Excuse[] {
    return this.#excuses.filter(({ from, until }) => from <= latestContact && earliestContact <= until);
  }
}
