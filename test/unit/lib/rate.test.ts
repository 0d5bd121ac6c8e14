import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Rate } from '../../../src/lib/rate.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const takes = (rate: Rate, identity: string, count: number) =>
  Array.from({ length: count }, () => rate.take(identity));

it('a rate allows each identity a number of calls per second, and counts refused calls too', () => {
  const rate = new Rate(2);
  expect(takes(rate, 'alice', 3)).toEqual([true, true, false]);
  expect(takes(rate, 'bob', 1)).toEqual([true]);
  vi.advanceTimersByTime(999);
  expect(takes(rate, 'alice', 1)).toEqual([false]);
  vi.advanceTimersByTime(1);
  expect(takes(rate, 'alice', 3)).toEqual([true, true, false]);
});
