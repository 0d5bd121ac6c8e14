import { describe, expect, it } from 'vitest';
import { Deck, PARTS } from './deck.ts';
import type { FaultKind } from './fault-kind.ts';
import { FAULT_KINDS } from './fault-kinds.ts';
import { Random } from './random.ts';

const deckOf = (seed: number) => new Deck(FAULT_KINDS, seed, new Random(seed));
const names = (kinds: readonly FaultKind[]) => kinds.map(({ name }) => name).sort();
const ALL = names(FAULT_KINDS);

describe('a deck of faults', () => {
  it('holds kinds that differ by their names', () => {
    expect(new Set(ALL).size).toBe(ALL.length);
  });

  it('gives each kind its turn, again and again', () => {
    const deck = deckOf(1);
    for (let round = 0; round < 3; round += 1) expect(names(deck.draw(ALL.length))).toEqual(ALL);
  });

  it('begins with other kinds than the decks of the next seeds, and with all kinds between them', () => {
    const size = Math.ceil(ALL.length / PARTS);
    const drawn = [5, 6, 7, 8].flatMap((seed) => deckOf(seed).draw(size));
    expect(new Set(names(drawn))).toEqual(new Set(ALL));
  });

  it('gives a kind that missed its next turn at once', () => {
    const deck = deckOf(1);
    const [kind] = deck.draw(2);
    if (kind === undefined) throw new Error('the deck is empty');
    deck.missed(kind);
    expect(deck.draw(1)).toEqual([kind]);
  });

  it('names a kind that misses 5 times in a row', () => {
    const deck = deckOf(1);
    const [kind] = deck.draw(1);
    if (kind === undefined) throw new Error('the deck is empty');
    for (let miss = 0; miss < 4; miss += 1) deck.missed(kind);
    deck.struck(kind);
    for (let miss = 0; miss < 4; miss += 1) deck.missed(kind);
    expect(() => deck.missed(kind)).toThrow(`'${kind.name}' did not strike 5 times in a row`);
  });
});
