import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareResourceVersions, isComparable } from '../../../../src/kube/reflector/resource-version.ts';
import { holds } from '../../../support/kube/property.ts';

const anyVersion = fc.oneof(
  fc.bigInt({ min: 1n, max: 10n ** 40n }),
  fc.bigInt({ min: 1n, max: 120n }),
  // Around the integers that a number cannot tell apart.
  fc.bigInt({ min: 2n ** 53n - 2n, max: 2n ** 53n + 2n }),
);

describe('resourceVersions', () => {
  it('compare as the integers that they are, of any length', async () => {
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
