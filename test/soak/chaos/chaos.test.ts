import { beforeAll, describe, expect, it } from 'vitest';
import { seed } from '../../support/seed.ts';
import { chaos } from './chaos.ts';
import { FAULT_KINDS } from './fault-kinds.ts';

/** Some short walks; `make chaos` asks for a single one of 500 faults and 5,000 changes. */
const { SEED, CHAOS_FAULTS, CHAOS_CHANGES } = process.env;
const faults = Number(CHAOS_FAULTS ?? 40);
const changes = Number(CHAOS_CHANGES ?? 400);
const seeds = SEED === undefined ? [1, 2, 3, 4] : [seed()];
/** One short walk alone, as in a replay, strikes only some kinds of faults; see Deck. */
const strikesAll = seeds.length * faults >= 2 * FAULT_KINDS.length;
const MIB = 1024 * 1024;

describe('after any sequence of faults and changes', () => {
  // Loads and compiles everything once before memory is measured.
  beforeAll(async () => void (await chaos({ seeds: [0], faults: 1, changes: 1 })));

  it('the cache equals the server, no answer was older than it said, and nothing is left behind', {
    timeout: 120_000 + faults * 10_000,
  }, async () => {
    const { struck, heapGrowth, mostSockets, mostTimers, summary } = await chaos({ seeds, faults, changes });
    const missing = FAULT_KINDS.filter(({ name }) => !struck.has(name)).map(({ name }) => name);
    if (strikesAll) expect(missing, summary).toEqual([]);
    expect(heapGrowth, summary).toBeLessThan(8 * MIB);
    expect(mostSockets, summary).toBeLessThan(40);
    expect(mostTimers, summary).toBeLessThan(40 * seeds.length);
  });
});
