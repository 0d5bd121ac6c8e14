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

it('a line budget allows each identity a number of lines per period', () => {
  expect(takes('greedy', 5)).toEqual([true, true, true, false, false]);
  expect(takes('other', 1)).toEqual([true]);
});

it('a line budget reports at the end of a period how many lines it left out, only for identities that exceeded it', () => {
  takes('greedy', 5);
  takes('other', 3);
  vi.advanceTimersByTime(9_999);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(told).toEqual([['greedy', 2]]);
  expect(takes('greedy', 4)).toEqual([true, true, true, false]);
});

it('a line budget reports the lines that it left out when it ends, and leaves no timer behind', () => {
  takes('greedy', 4);
  budget.end();
  expect(told).toEqual([['greedy', 1]]);
  expect(vi.getTimerCount()).toBe(0);
});

it('a line budget reports an identity that it evicts to make room for others', () => {
  takes('greedy', 4);
  for (let index = 0; index < 1_000; index += 1) budget.take(`other-${index}`);
  expect(told).toEqual([['greedy', 1]]);
});
