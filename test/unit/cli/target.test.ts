import { expect, it } from 'vitest';
import { nameOf, parseCount, parseTarget, parseTargetToSet } from '../../../src/cli/target.ts';

const NOWHERE = { clusters: [] };
const IN_SHOP = { namespace: 'shop', clusters: [] };

it.each([
  ['shop/cart', NOWHERE, [{ namespace: 'shop', deployment: 'cart' }]],
  ['cart', IN_SHOP, [{ namespace: 'shop', deployment: 'cart' }]],
  ['shop/cart', IN_SHOP, [{ namespace: 'shop', deployment: 'cart' }]],
  ['blue/shop/cart', NOWHERE, [{ cluster: 'blue', namespace: 'shop', deployment: 'cart' }]],
  ['blue/shop/cart', { clusters: ['green'] }, [{ cluster: 'blue', namespace: 'shop', deployment: 'cart' }]],
  [
    'shop/cart',
    { clusters: ['blue', 'green'] },
    [
      { cluster: 'blue', namespace: 'shop', deployment: 'cart' },
      { cluster: 'green', namespace: 'shop', deployment: 'cart' },
    ],
  ],
  ['deployment/cart', IN_SHOP, [{ namespace: 'shop', deployment: 'cart' }]],
  ['deployments.apps/cart', IN_SHOP, [{ namespace: 'shop', deployment: 'cart' }]],
  ['deploy/cart', NOWHERE, [{ namespace: 'deploy', deployment: 'cart' }]],
])('the target %s with %j names %j', (text, defaults, targets) => {
  expect(parseTarget(text, defaults)).toEqual(targets);
});

it.each([
  ['cart', NOWHERE, 'in which namespace is "cart"'],
  ['', NOWHERE, 'is not a target'],
  ['shop/', NOWHERE, 'is not a target'],
  ['../cart', NOWHERE, 'is not a target'],
  ['./shop/cart', NOWHERE, 'is not a target'],
  ['a/b/c/d', NOWHERE, 'is not a target'],
  ['other/cart', IN_SHOP, '--namespace says shop'],
])('"%s" with %j is not a target', (text, defaults, message) => {
  expect(() => parseTarget(text, defaults)).toThrow(message);
});

it('TARGET=N has the count, and a target without one has none', () => {
  expect(parseTargetToSet('shop/cart=0', NOWHERE)).toEqual([
    { namespace: 'shop', deployment: 'cart', replicas: 0 },
  ]);
  expect(parseTargetToSet('shop/cart', NOWHERE)).toEqual([
    { namespace: 'shop', deployment: 'cart', replicas: undefined },
  ]);
});

it('a count is written in digits, up to the greatest that Kubernetes takes', () => {
  expect([parseCount('0'), parseCount('2147483647')]).toEqual([0, 2_147_483_647]);
  for (const text of ['', '-1', '+1', '1.0', '1e3', ' 1', '0x1', '2147483648', 'many']) {
    expect(() => parseCount(text)).toThrow('is not a count');
  }
});

it('a name has its cluster if that is known', () => {
  expect(nameOf({ namespace: 'shop', deployment: 'cart' })).toBe('shop/cart');
  expect(nameOf({ cluster: 'blue', namespace: 'shop', deployment: 'cart' })).toBe('blue/shop/cart');
});
