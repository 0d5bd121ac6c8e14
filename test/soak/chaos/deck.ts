import type { FaultKind } from './fault-kind.ts';
import type { Random } from './random.ts';

/** The walks of this number of consecutive seeds begin with different kinds, and together with all kinds. */
export const PARTS = 4;
/** A kind that misses this many times in a row can probably never strike. */
const MAX_MISSES = 5;

/**
 * Draws the kinds of faults in a random order, again and again, so that each has its turn. A kind that was drawn and did
 * not strike is drawn again at once.
 */
export class Deck {
  readonly #kinds: readonly FaultKind[];
  readonly #random: Random;
  readonly #missesInARow = new Map<string, number>();
  #cards: FaultKind[];

  /** @param seed decides with which part of the kinds the deck begins */
  constructor(kinds: readonly FaultKind[], seed: number, random: Random) {
    this.#kinds = kinds;
    this.#random = random;
    const isFirst = (_: FaultKind, index: number) => index % PARTS === seed % PARTS;
    const first = kinds.filter(isFirst);
    const rest = kinds.filter((kind) => !first.includes(kind));
    this.#cards = [...random.shuffled(first), ...random.shuffled(rest)];
  }

  draw(count: number): FaultKind[] {
    if (this.#cards.length < count) this.#cards.push(...this.#random.shuffled(this.#kinds));
    return this.#cards.splice(0, count);
  }

  /** The kind was drawn and struck. */
  struck({ name }: FaultKind): void {
    this.#missesInARow.delete(name);
  }

  /** The kind was drawn and did not strike. @throws Error if it has missed too often in a row */
  missed(kind: FaultKind): void {
    const misses = (this.#missesInARow.get(kind.name) ?? 0) + 1;
    if (misses === MAX_MISSES) throw new Error(`'${kind.name}' did not strike ${misses} times in a row`);
    this.#missesInARow.set(kind.name, misses);
    this.#cards.unshift(kind);
  }
}
