import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareResourceVersions,
  isComparable,
  isProvablyNewer,
  mayBeNewer,
  newestOf,
} from '../../../../src/kube/reflector/resource-version.ts';
import { holds } from '../../../support/kube/property.ts';

const anyVersion = fc.oneof(
  fc.bigInt({ min: 1n, max: 10n ** 40n }),
  fc.bigInt({ min: 1n, max: 120n }),
  // Around the smallest integers that a number cannot distinguish.
  fc.bigInt({ min: 2n ** 53n - 2n, max: 2n ** 53n + 2n }),
);

describe('resourceVersions', () => {
  it('compare as integers of any length', async () => {
    await holds(
      fc.property(anyVersion, anyVersion, (a, b) => {
        const expected = a < b ? -1 : a > b ? 1 : 0;
        expect(Math.sign(compareResourceVersions(String(a), String(b)))).toBe(expected);
      }),
    );
  });

  it.each(['1', '9', '10', '90071992547409931234567890'])('%s can be compared', (version) => {
    expect(isComparable(version)).toBe(true);
  });

  it.each(['', '0', '007', '-1', '+1', '1.0', '1e3', ' 1', '1 ', '1\n', 'abc', '0x1f', '१'])(
    '%j cannot be compared',
    (version) => {
      expect(isComparable(version)).toBe(false);
    },
  );
});

describe('a newer resourceVersion', () => {
  it.each([
    { a: '10', b: '9', newer: true },
    { a: '9', b: '10', newer: false },
    { a: '9', b: '9', newer: false },
  ])('is provable and possible for $a compared with $b: $newer', ({ a, b, newer }) => {
    expect([isProvablyNewer(a, b), mayBeNewer(a, b)]).toEqual([newer, newer]);
  });

  it.each([
    ['opaque', '9'],
    ['9', 'opaque'],
    ['beta', 'alpha'],
    ['same', 'same'],
    ['9', ''],
    ['', '9'],
  ])('is never provable and always possible for %j compared with %j', (a, b) => {
    expect([isProvablyNewer(a, b), mayBeNewer(a, b)]).toEqual([false, true]);
  });

  it.each([
    ['10', '9', '10'],
    ['9', '10', '10'],
    ['', '9', '9'],
    ['zeta', 'alpha', 'alpha'],
  ])('is picked from %j and %j: %j', (a, b, newest) => {
    expect(newestOf(a, b)).toBe(newest);
  });
});
