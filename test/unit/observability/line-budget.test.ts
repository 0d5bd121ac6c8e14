import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LineBudget } from '../../../src/observability/line-budget.ts';

let told: [identity: string, count: number][];
let budget: LineBudget;

beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  budget = new LineBudget({
    lines: 3,
    periodMs: 10_000,
    onLeftOut: (identity, count) => told.push([identity, count]),
  });
});
afterEach(() => {
  vi.useRealTimers();
});

const takes = (identity: string, count: number) => Array.from({ length: count }, () => budget.take(identity));

it('a line budget gives each identity a number of lines per period, and counts the rest', () => {
  expect(takes('greedy', 5)).toEqual([true, true, true, false, false]);
  expect(takes('other', 1)).toEqual([true]);
});

it('a line budget reports at the end of a period how many lines were left out, and only for identities that had too many', () => {
  takes('greedy', 5);
  takes('other', 3);
  vi.advanceTimersByTime(9_999);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(told).toEqual([['greedy', 2]]);
  expect(takes('greedy', 4)).toEqual([true, true, true, false]);
});

it('a line budget reports what it has left out when it ends, and leaves no timer', () => {
  takes('greedy', 4);
  budget.end();
  expect(told).toEqual([['greedy', 1]]);
  expect(vi.getTimerCount()).toBe(0);
});

it('a line budget reports an identity that it forgets to make room for others', () => {
  takes('greedy', 4);
  for (let index = 0; index < 1_000; index += 1) budget.take(`other-${index}`);
  expect(told).toEqual([['greedy', 1]]);
});
