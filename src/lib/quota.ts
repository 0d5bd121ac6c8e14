/** Counts how many units are in use, per identity and in total. It stores nothing for an identity that uses none. */
export class Quota {
  readonly #maxInAll: number;
  readonly #maxPerIdentity: number;
  readonly #used = new Map<string, number>();
  #total = 0;

  /** @param maxPerIdentity fewer than `maxInAll`, so that one identity cannot use everything */
  constructor(maxInAll: number, maxPerIdentity: number) {
    this.#maxInAll = maxInAll;
    this.#maxPerIdentity = maxPerIdentity;
  }

  /** The units in use, by all identities. */
  get used(): number {
    return this.#total;
  }

  /** Takes one unit for the identity. Returns false, and takes nothing, if that would be one too many. */
  take(identity: string): boolean {
    const used = this.#used.get(identity) ?? 0;
    if (this.#total >= this.#maxInAll || used >= this.#maxPerIdentity) return false;
    this.#total += 1;
    this.#used.set(identity, used + 1);
    return true;
  }

  /** Gives one unit back. Call it once per `take` that returned true. */
  release(identity: string): void {
    const used = this.#used.get(identity);
    if (used === undefined) throw new Error('released more than was taken');
    this.#total -= 1;
    if (used === 1) this.#used.delete(identity);
    else this.#used.set(identity, used - 1);
  }
}
