import { describe, expect, it } from 'vitest';
import { Ledger } from '../../soak/soak/ledger.ts';

const possible = (ledger: Ledger, from: number, until: number) => [...ledger.possible(from, until)].sort();

describe('what the count of a Deployment may be', () => {
  it('is the old and the new one from when a write is sent until it is answered', () => {
    const ledger = new Ledger('shop', 'cart', 1, 0);
    const write = ledger.sends(2, 10);
    write.made(20);
    expect(possible(ledger, 5, 9)).toEqual([1]);
    expect(possible(ledger, 15, 15)).toEqual([1, 2]);
    expect(possible(ledger, 21, 30)).toEqual([2]);
    expect(ledger.value).toBe(2);
  });

  it('is the old one after a write that was not made', () => {
    const ledger = new Ledger('shop', 'cart', 1, 0);
    ledger.sends(2, 10).notMade(20, 'CONFLICT');
    expect(possible(ledger, 21, 30)).toEqual([1]);
    expect(ledger.doubtful).toBe(false);
  });

  it('is both after a write of unknown outcome, until the API server has been asked', () => {
    const ledger = new Ledger('shop', 'cart', 1, 0);
    ledger.sends(2, 10).unknown('OUTCOME_UNKNOWN');
    expect(possible(ledger, 100, 100)).toEqual([1, 2]);
    expect(ledger.doubtful).toBe(true);
    expect(ledger.value).toBe(1);
    ledger.settle(2, 200);
    expect(possible(ledger, 201, 201)).toEqual([2]);
    expect(ledger.doubtful).toBe(false);
  });

  it('is not doubtful while a write is under way', () => {
    const ledger = new Ledger('shop', 'cart', 1, 0);
    const write = ledger.sends(2, 10);
    expect(ledger.doubtful).toBe(false);
    write.unknown('OUTCOME_UNKNOWN');
    expect(ledger.doubtful).toBe(true);
  });

  it('may still become that of an unknown write after a later one was made', () => {
    const ledger = new Ledger('shop', 'cart', 1, 0);
    ledger.sends(2, 10).unknown('OUTCOME_UNKNOWN');
    ledger.sends(3, 20).made(30);
    expect(possible(ledger, 40, 40)).toEqual([2, 3]);
  });
});
