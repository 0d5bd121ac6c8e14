import { describe, expect, it } from 'vitest';
import { labelOf, NO_LABELS, reduceLabels, sameLabels } from '../../../../src/cluster/labels/labels.ts';
import { KubeMalformedError } from '../../../../src/kube/kube-errors.ts';
import { Interner } from '../../../../src/lib/interner.ts';

describe('reduced labels', () => {
  it('are keys and values in turn, sorted by key', () => {
    expect(reduceLabels({ tier: 'web', app: 'cart', 2: '', 10: 'x' })).toEqual([
      '10',
      'x',
      '2',
      '',
      'app',
      'cart',
      'tier',
      'web',
    ]);
  });

  it.each([undefined, null, {}])('of %j are none', (labels) => {
    expect(reduceLabels(labels)).toBe(NO_LABELS);
  });

  it('are one array for equal labels in any order', () => {
    const interner = new Interner();
    const labels = reduceLabels({ app: 'cart', tier: 'web' }, interner);
    expect(reduceLabels({ tier: 'web', app: 'cart' }, interner)).toBe(labels);
    expect(reduceLabels({ app: 'cart' }, interner)).not.toBe(labels);
  });

  it.each([7, 'x', [], ['a'], { app: 7 }, { app: null }, { app: {} }])(
    'are refused if they are %j',
    (labels) => {
      expect(() => reduceLabels(labels)).toThrow(KubeMalformedError);
    },
  );

  it('have a value for each key, which may be empty, and undefined for others', () => {
    const labels = reduceLabels({ app: 'cart', cart: '', tier: 'app' });
    expect(labelOf(labels, 'app')).toBe('cart');
    expect(labelOf(labels, 'cart')).toBe('');
    expect(labelOf(labels, 'web')).toBeUndefined();
  });

  it('are the same if all keys and values are', () => {
    const labels = reduceLabels({ app: 'cart', tier: 'web' });
    expect(sameLabels(labels, reduceLabels({ tier: 'web', app: 'cart' }))).toBe(true);
    expect(sameLabels(labels, reduceLabels({ app: 'cart', tier: 'api' }))).toBe(false);
    expect(sameLabels(labels, reduceLabels({ app: 'cart' }))).toBe(false);
  });
});
