import { expect, test } from 'vitest';
import { Quota } from '../../../src/lib/quota.ts';

test('a quota gives each identity at most its share, and all of them at most the total', () => {
  const quota = new Quota(3, 2);
  expect([quota.take('alice'), quota.take('alice'), quota.take('alice')]).toEqual([true, true, false]);
  expect([quota.take('bob'), quota.take('bob')]).toEqual([true, false]);
  expect(quota.take('carol')).toBe(false);
});

test('a quota gives released units to any identity', () => {
  const quota = new Quota(2, 1);
  quota.take('alice');
  quota.take('bob');
  quota.release('alice');
  expect(quota.take('bob')).toBe(false);
  expect(quota.take('carol')).toBe(true);
});

test('a quota does not count refused units', () => {
  const quota = new Quota(2, 1);
  quota.take('alice');
  quota.take('alice');
  quota.release('alice');
  expect([quota.take('alice'), quota.take('bob')]).toEqual([true, true]);
});

test('a quota refuses to release a unit that was not taken, because it would then admit too many', () => {
  const quota = new Quota(2, 1);
  quota.take('alice');
  expect(() => quota.release('bob')).toThrow('released more than was taken');
  quota.release('alice');
  expect(() => quota.release('alice')).toThrow('released more than was taken');
});
