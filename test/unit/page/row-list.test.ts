import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesWords, parseFilter } from '../../../src/page/model/row-filter.ts';
import { RowList } from '../../../src/page/model/row-list.ts';
import { BY_NAME, type Column, compareBy } from '../../../src/page/model/row-order.ts';
import type { Row } from '../../../src/page/model/table-row.ts';
import { seed } from '../../support/seed.ts';
import { row } from './rows.ts';

const HPA = { kind: 'HorizontalPodAutoscaler', name: 'cart', does: 'keeps 2 to 4', evidence: 'its target' };
const names = (list: RowList) => list.shown.map(({ state }) => state.deployment);

describe('rows', () => {
  it('stay sorted and filtered through any changes, as if all were sorted again', () => {
    const columns: Column[] = ['name', 'count', 'ready', 'phase', 'owner', 'change'];
    const change = fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      gone: fc.boolean(),
      replicas: fc.integer({ min: 0, max: 3 }),
      ready: fc.integer({ min: 0, max: 3 }),
      phase: fc.constantFrom('stable' as const, 'progressing' as const, 'stuck' as const),
      owners: fc.constantFrom(0, 1).map((many) => Array.from({ length: many }, () => HPA)),
    });
    fc.assert(
      fc.property(
        fc.array(change),
        fc.constantFrom(...columns),
        fc.boolean(),
        (changes, column, descending) => {
          const order = { column, descending };
          const matches = ({ state }: Row) => state.replicas !== 2;
          const list = new RowList();
          list.arrange(order, matches);
          const expected = new Map<string, Row>();
          for (const { name, gone, ...parts } of changes) {
            const changed = row(name, parts);
            if (gone) {
              expected.delete(changed.key);
              list.delete(changed.key);
            } else {
              expected.set(changed.key, changed);
              list.set(changed);
            }
            const sorted = [...expected.values()].filter(matches).sort(compareBy(order));
            expect(list.shown).toEqual(sorted);
            for (const [at, { key }] of sorted.entries()) expect(list.indexOf(key)).toBe(at);
          }
        },
      ),
      { seed: seed() },
    );
  });

  it('are not walked for a change of one', () => {
    const list = new RowList();
    const all = Array.from({ length: 5_000 }, (_, at) => row(`web-${String(at).padStart(4, '0')}`));
    list.replace('eu', all);
    let looked = 0;
    list.arrange(BY_NAME, () => {
      looked += 1;
      return true;
    });
    looked = 0;
    list.set(row('web-2500', { replicas: 9 }));
    expect(list.shown[2500]?.state.replicas).toBe(9);
    expect(looked).toBe(1);
  });

  it('of one cluster are replaced without those of others', () => {
    const list = new RowList();
    list.replace('eu', [row('a'), row('b')]);
    list.replace('us', [row('c', {}, 'us')]);
    list.replace('eu', [row('b')]);
    expect(names(list)).toEqual(['b', 'c']);
    expect(list.size).toBe(2);
  });

  it('that are stuck, and those that were changed last, come first', () => {
    const list = new RowList();
    const at = (minute: number) => ({
      lastChange: { at: `2026-11-30T08:0${minute}:00.000Z`, to: 3, manager: 'kubectl' },
    });
    list.replace('eu', [row('a'), row('b', { phase: 'stuck', ...at(1) }), row('c', at(2))]);
    list.arrange({ column: 'phase', descending: false }, () => true);
    expect(names(list)[0]).toBe('b');
    list.arrange({ column: 'change', descending: false }, () => true);
    expect(names(list)).toEqual(['c', 'b', 'a']);
  });
});

describe('a filter', () => {
  it.each([
    ['', { kind: 'words', words: [] }],
    ['  Shop   HPA ', { kind: 'words', words: ['shop', 'hpa'] }],
    ['app=cart', { kind: 'selector', selector: 'app=cart' }],
    ['tier in (web,api),!canary', { kind: 'selector', selector: 'tier in (web,api),!canary' }],
    ['shard>3', { kind: 'selector', selector: 'shard>3' }],
    ['-l canary', { kind: 'selector', selector: 'canary' }],
  ])('%j is words, or a selector if it has an operator or -l', (text, filter) => {
    expect(parseFilter(text)).toEqual(filter);
  });

  it('finds words in namespace, name, owner and phase, and in the cluster if there are several', () => {
    const cart = row('cart', { owners: [HPA], phase: 'stuck' });
    for (const words of [['shop', 'cart'], ['hpa'], ['horizontalpodautoscaler'], ['stuck'], []]) {
      expect(matchesWords(words, cart, false)).toBe(true);
    }
    expect(matchesWords(['cart', 'helm'], cart, false)).toBe(false);
    expect(matchesWords(['eu'], cart, false)).toBe(false);
    expect(matchesWords(['eu'], cart, true)).toBe(true);
  });
});
