import { beforeAll, describe, expect, it } from 'vitest';
import { chaos } from './chaos.ts';

/**
 * Without CHAOS_* some short walks: three seeds that are always the same, and one that never is. With any of them a
 * single walk of that seed (default: any) and these sizes; `make chaos` asks for 500 faults and 5,000 changes.
 */
const { CHAOS_SEED, CHAOS_FAULTS, CHAOS_CHANGES } = process.env;
const chosen = [CHAOS_SEED, CHAOS_FAULTS, CHAOS_CHANGES].some((value) => value !== undefined);
const faults = Number(CHAOS_FAULTS ?? 40);
const changes = Number(CHAOS_CHANGES ?? 400);
const anySeed = Math.floor(Math.random() * 2 ** 32);
const seeds = chosen ? [Number(CHAOS_SEED ?? anySeed)] : [1, 2, 3, anySeed];
const MIB = 1024 * 1024;

describe('after any sequence of faults and changes', () => {
  // Whatever is loaded and compiled once is there before memory is measured.
  beforeAll(async () => void (await chaos({ seeds: [0], faults: 1, changes: 1 })), 60_000);

  it('the cache equals the server, no answer was older than it said, and nothing is left behind', {
    timeout: 60_000 + faults * 5_000,
  }, async () => {
    const { heapGrowth, mostSockets, mostTimers, summary } = await chaos({ seeds, faults, changes });
    expect(heapGrowth, summary).toBeLessThan(8 * MIB);
    expect(mostSockets, summary).toBeLessThan(40);
    expect(mostTimers, summary).toBeLessThan(40 * seeds.length);
  });
});
