import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limitsOf } from '../../../../src/cluster/rails/limits.ts';
import type { Rail } from '../../../../src/cluster/rails/rule.ts';
import { refusalOf } from '../../../../src/cluster/rails/verdict.ts';
import { holds } from '../../../support/kube/property.ts';
import { admits, anyLimits, rail } from '../../../support/rails.ts';

/** Few and small numbers, so that limits meet each other and the present count. */
const count = fc.integer({ min: 0, max: 12 });
const anyRail = anyLimits.map((limits) => rail('rule a', limits));
const anyRails = fc.array(anyRail, { maxLength: 4 });

describe('the verdict on a count', () => {
  it('refuses what any of the rails refuses, and nothing else', async () => {
    await holds(
      fc.property(anyRails, count, count, (rails, n, present) => {
        const all = rails.every((each) => admits(each, n, present));
        expect(refusalOf(rails, n, present) === undefined).toBe(all);
      }),
    );
  });

  it('lets one more rail only take away from what is allowed', async () => {
    await holds(
      fc.property(anyRails, anyRail, count, count, (rails, more, n, present) => {
        if (refusalOf([...rails, more], n, present) === undefined)
          expect(refusalOf(rails, n, present)).toBeUndefined();
      }),
    );
  });

  it('says what is allowed exactly as the rails together allow it', async () => {
    await holds(
      fc.property(anyRails, count, count, (rails, n, present) => {
        const refusal = refusalOf(rails, n, present);
        if (refusal === undefined) return;
        const said = allowedIn(refusal);
        for (let each = 0; each <= 30; each += 1) {
          if (each !== present) expect(said(each)).toBe(rails.every((one) => admits(one, each, present)));
        }
      }),
    );
  });

  it.each<[string, readonly Rail[], number, number]>([
    [
      'rule production: at most 10 (20 asked); allowed are 2 to 10',
      [rail('rule production', { min: 2, max: 10 })],
      20,
      3,
    ],
    [
      'rule production: at least 2 (1 asked); allowed are 2 to 10',
      [rail('rule production', { min: 2, max: 10 })],
      1,
      3,
    ],
    [
      'rule production: not 0 (0 asked); allowed are 2 to 10',
      [rail('rule production', { min: 2, max: 10 })],
      0,
      3,
    ],
    [
      'rule night: at least 2 (1 asked); allowed are 0 and 2 to 10',
      [rail('rule night', { min: 2, max: 10, allowZero: true })],
      1,
      3,
    ],
    [
      'rule slow: at most 2 at a time from 5 (9 asked); allowed are 3 to 7',
      [rail('rule slow', { maxStep: { replicas: 2 } })],
      9,
      5,
    ],
    [
      'rule slow: at most 50% at a time from 5 (9 asked); allowed are 2 to 8',
      [rail('rule slow', { maxStep: { percent: 50 } })],
      9,
      5,
    ],
    [
      'rule slow: at most 1% at a time from 1 (9 asked); allowed are 0 to 2',
      [rail('rule slow', { maxStep: { percent: 1 } })],
      9,
      1,
    ],
    ['rule least: at least 2 (1 asked); allowed are 2 and more', [rail('rule least', { min: 2 })], 1, 3],
    ['rule one: at most 1 (4 asked); allowed is 1', [rail('rule one', { max: 1, allowZero: false })], 4, 3],
    ['rule none: at most 0 (4 asked); allowed is 0', [rail('rule none', { max: 0 })], 4, 3],
    [
      'rule system: protected (it holds the cluster together) (5 asked); no change is allowed',
      [rail('rule system', { protected: 'it holds the cluster together', max: 3 })],
      5,
      3,
    ],
    [
      'rule a: at least 8 (5 asked); no change is allowed',
      [rail('rule a', { min: 8 }), rail('rule b', { max: 6 })],
      5,
      3,
    ],
    [
      'rule a: at most 9, annotation k8s-deployment-scaler/max: at most 4 (10 asked); allowed are 0 to 4',
      [rail('rule a', { max: 9 }), rail('annotation k8s-deployment-scaler/max', { max: 4 })],
      10,
      3,
    ],
    [
      'rule 0: at most 4, rule 1: at most 4, rule 2: at most 4, rule 3: at most 4 and 2 more (10 asked); allowed are 0 to 4',
      Array.from({ length: 6 }, (_, at) => rail(`rule ${at}`, { max: 4 })),
      10,
      3,
    ],
  ])('says: %s', (message, rails, asked, present) => {
    expect(refusalOf(rails, asked, present)).toBe(message);
  });

  it('rounds a share of the count up, and no further', () => {
    const rails = [rail('rule slow', { maxStep: { percent: 10_000 } })];
    expect(limitsOf(rails, 2_147_483_647).maxStep).toBe(214_748_364_700);
    expect(limitsOf([rail('rule slow', { maxStep: { percent: 7 } })], 100).maxStep).toBe(7);
    expect(limitsOf([rail('rule slow', { maxStep: { percent: 7 } })], 101).maxStep).toBe(8);
  });
});

/** The counts that a refusal says are allowed. */
function allowedIn(refusal: string): (count: number) => boolean {
  const [, said = ''] = refusal.split('; ');
  const [, zero, least = '', most] =
    /^allowed (?:are|is) (0 and )?(\d+)(?: to (\d+)| and more)?$/.exec(said) ?? [];
  if (said === 'no change is allowed') return () => false;
  const [from, to] = [
    Number(least),
    said.endsWith('more') ? Number.POSITIVE_INFINITY : Number(most ?? least),
  ];
  return (each) => (each === 0 && zero !== undefined) || (each >= from && each <= to);
}
