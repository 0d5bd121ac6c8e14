import { describe, expect, it } from 'vitest';
import { Rails } from '../../../../src/cluster/rails/rails.ts';
import type { RailRule } from '../../../../src/cluster/rails/rule.ts';
import { deployment } from '../../../support/deployment-objects.ts';
import { rail, rule } from '../../../support/rails.ts';

const CART = deployment('cart', '1', {
  namespace: 'shop',
  replicas: 3,
  labels: ['app', 'cart', 'tier', 'web'],
});

const rails = (...current: readonly RailRule[]) => new Rails('east', { current });
const namesOn = (of: Rails) => of.on(CART).map(({ from }) => from);

describe('the rails of a cluster', () => {
  it('are the rules for the cluster, the namespace and the labels, in their order, and then the annotations', () => {
    const all = rails(
      rule('everywhere', {}),
      rule('east', { clusters: ['west', 'east'] }),
      rule('west', { clusters: ['west'] }),
      rule('shop', { namespaces: ['shop', 'bank'] }),
      rule('shopping', { namespaces: ['shopping'] }),
      rule('web', { selector: 'tier in (web,api)' }),
      rule('jobs', { selector: 'tier=jobs' }),
      rule('all of it', { clusters: ['east'], namespaces: ['shop'], selector: 'app=cart' }),
      rule('not all of it', { clusters: ['east'], namespaces: ['bank'], selector: 'app=cart' }),
    );
    const annotated = { ...CART, rails: [rail('annotation k8s-deployment-scaler/max', { max: 3 })] };
    expect(all.on(annotated).map(({ from }) => from)).toEqual([
      'rule everywhere',
      'rule east',
      'rule shop',
      'rule web',
      'rule all of it',
      'annotation k8s-deployment-scaler/max',
    ]);
  });

  it('are those of the rules that hold now', () => {
    const rules: { current: readonly RailRule[] } = { current: [rule('old', { max: 2 })] };
    const of = new Rails('east', rules);
    expect(namesOn(of)).toEqual(['rule old']);
    rules.current = [rule('new', { max: 5 })];
    expect(namesOn(of)).toEqual(['rule new']);
    expect(of.refusal(CART, 5)).toBeUndefined();
    expect(of.refusal(CART, 6)).toMatch(/^rule new: at most 5/);
  });

  it('judge a change from the present count, or from another that is assumed', () => {
    const slow = rails(rule('slow', { maxStep: { replicas: 2 } }));
    expect(slow.refusal(CART, 5)).toBeUndefined();
    expect(slow.refusal(CART, 6)).toMatch(/ from 3 /);
    expect(slow.refusal(CART, 6, 4)).toBeUndefined();
    expect(slow.refusal(CART, 5, 8)).toMatch(/ from 8 /);
  });
});

describe('a verdict depends on the state that the API server has', () => {
  const max = rule('max', { max: 10 });
  const cases: readonly [string, readonly RailRule[], Partial<typeof CART> | undefined, number, boolean][] = [
    ['not without any rail', [], {}, 5, false],
    ['not without any rail for the present count', [], {}, 3, false],
    ['not with bounds alone', [max, rule('min', { min: 1, allowZero: true })], {}, 5, false],
    ['with a rule for labels, which may be others', [rule('web', { selector: 'tier=api' })], {}, 5, true],
    ['with a step, because the count may be another', [rule('s', { maxStep: { replicas: 9 } })], {}, 5, true],
    ['with annotations', [], { rails: [rail('annotation a', { max: 9 })] }, 5, true],
    ['if the cache does not have the Deployment', [], undefined, 5, true],
    ['for the present count, which may be another', [max], {}, 3, true],
    ['not with a rule for another cluster', [rule('s', { clusters: ['west'], selector: 'a' })], {}, 5, false],
    [
      'not with a rule for another namespace',
      [rule('s', { namespaces: ['x'], selector: 'a' })],
      {},
      3,
      false,
    ],
  ];
  it.each(cases)('%s', (_when, rules, parts, asked, expected) => {
    const cached = parts && { ...CART, ...parts };
    expect(rails(...rules).dependOnState('shop', cached, asked)).toBe(expected);
  });
});
