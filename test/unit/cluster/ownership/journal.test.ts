import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { CountChange } from '../../../../src/cluster/ownership/count-history.ts';
import { Journal } from '../../../../src/cluster/ownership/journal.ts';

const MIB = 2 ** 20;

/** A change with strings of its own, as the watch shows them. */
function change(to: number, parts: Partial<CountChange> = {}): CountChange {
  return {
    resourceVersion: parsed(String(48_151_623 + to)),
    at: 1_796_000_000.125 + to,
    from: to - 1,
    to,
    manager: 'kubectl',
    operation: 'Update',
    viaScale: true,
    overrode: false,
    user: undefined,
    ...parts,
  };
}

const countsOf = (journal: Journal, uid: string) => journal.of(uid).map(({ to }) => to);

/** A new string for the same uid, as each event of a watch has one. */
const uidOf = (deployment: number) =>
  parsed(`00000000-0000-4000-8000-${String(deployment).padStart(12, '0')}`);

/** A string as a JSON text has it, without the parts that it was made of. */
const parsed = (text: string): string => JSON.parse(JSON.stringify(text));

/** Changes that are added to Deployments in turn. */
function fill(journal: Journal, changes: number, deployments: number, parts: () => Partial<CountChange>) {
  for (let i = 0; i < changes; i += 1) journal.add(uidOf(i % deployments), change(i, parts()));
}

/** Bytes in use in the heap. */
function usedMemory(): number {
  setFlagsFromString('--expose_gc');
  const gc: () => void = runInNewContext('gc');
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}

describe('the journal', () => {
  it('holds 19 changes of a Deployment, the newest first', () => {
    const journal = new Journal(MIB);
    for (let i = 1; i <= 25; i += 1) journal.add('cart', change(i));
    journal.add('web', change(1));
    expect(countsOf(journal, 'cart')).toEqual(Array.from({ length: 19 }, (_, index) => 25 - index));
    expect(countsOf(journal, 'web')).toEqual([1]);
    expect(countsOf(journal, 'other')).toEqual([]);
  });

  it('drops the oldest changes of all Deployments beyond its bytes, and no others', () => {
    const one = new Journal(MIB);
    one.add('cart', change(1));
    const journal = new Journal(3 * one.bytes);
    for (const [uid, to] of [
      ['cart', 1],
      ['web', 2],
      ['shop', 3],
      ['api', 4],
    ] as const)
      journal.add(uid, change(to));
    expect(['cart', 'web', 'shop', 'api'].map((uid) => countsOf(journal, uid))).toEqual([[], [2], [3], [4]]);
    expect(journal.bytes).toBe(3 * one.bytes);
  });

  it('keeps the changes of others when one Deployment changes again and again', () => {
    const one = new Journal(MIB);
    for (let i = 1; i <= 20; i += 1) one.add('busy', change(i));
    one.add('web', change(1));
    const journal = new Journal(one.bytes);
    journal.add('web', change(1));
    for (let i = 1; i <= 10_000; i += 1) journal.add('busy', change(i));
    expect(countsOf(journal, 'web')).toEqual([1]);
  });

  it('never holds more than its bytes, whatever the lengths of names, and nothing at 0', () => {
    for (const maxBytes of [0, 1_000, 20_000]) {
      const journal = new Journal(maxBytes);
      for (let i = 0; i < 2_000; i += 1) {
        journal.add(`uid-${(i * 7) % 300}`, change(i, { manager: 'm'.repeat(i % 129) }));
        const named = journal.of(`uid-${(i * 7) % 300}`)[0];
        if (named !== undefined) journal.setUser(named, 'u'.repeat(i % 64));
        expect(journal.bytes).toBeLessThanOrEqual(maxBytes);
      }
    }
  });

  it('counts nothing any more once all its Deployments are forgotten', () => {
    const journal = new Journal(MIB);
    fill(journal, 100, 7, () => ({ user: 'alice' }));
    for (const each of journal.of(uidOf(1))) journal.setUser(each, 'somebody else');
    journal.forget(uidOf(3));
    expect(countsOf(journal, uidOf(3))).toEqual([]);
    expect(countsOf(journal, uidOf(2))[0]).toBe(93);
    for (let i = 0; i < 7; i += 1) journal.forget(uidOf(i));
    expect(journal.bytes).toBe(0);
    fill(journal, 3, 3, () => ({}));
    expect(countsOf(journal, uidOf(2))).toEqual([2]);
  });

  it.each([
    ['20 of each Deployment', 1, 0.8, () => ({})],
    ['one of each Deployment', 19, 1, () => ({})],
    ['one of each Deployment, with long names of managers and users', 19, 1, longNames],
  ])('takes no more memory than it counts, and not much less: %s', (_, spread, most, parts) => {
    fill(new Journal(MIB), 10_000, 500, parts);
    const before = usedMemory();
    const journal = new Journal(8 * MIB);
    fill(journal, 60_000, 3_000 * spread, parts);
    const used = usedMemory() - before;
    expect(journal.bytes).toBeGreaterThan(7.9 * MIB);
    expect(used).toBeLessThan(most * journal.bytes);
    expect(used).toBeGreaterThan(0.6 * journal.bytes);
    expect(countsOf(journal, uidOf(59_999 % (3_000 * spread)))[0]).toBe(59_999);
  });
});

let names = 0;

/** Names of their own, as nobody else has them. */
function longNames(): Partial<CountChange> {
  names += 1;
  return { manager: parsed(`${names}`.padStart(128, 'm')), user: parsed(`${names}`.padStart(64, '鯨')) };
}
