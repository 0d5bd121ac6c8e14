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

it('a budget of lines gives each identity so many in a period, and counts the rest', () => {
  expect(takes('greedy', 5)).toEqual([true, true, true, false, false]);
  expect(takes('other', 1)).toEqual([true]);
});

it('a budget of lines tells at the end of the period how many were left out, of those alone who had too many', () => {
  takes('greedy', 5);
  takes('other', 3);
  vi.advanceTimersByTime(9_999);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(told).toEqual([['greedy', 2]]);
  expect(takes('greedy', 4)).toEqual([true, true, true, false]);
});

it('a budget of lines leaves no timer behind when it ends, and tells what it has left out', () => {
  takes('greedy', 4);
  budget.end();
  expect(told).toEqual([['greedy', 1]]);
  expect(vi.getTimerCount()).toBe(0);
});

it('a budget of lines tells of an identity that it has to forget to make room for others', () => {
  takes('greedy', 4);
  for (let index = 0; index < 1_000; index += 1) budget.take(`other-${index}`);
  expect(told).toEqual([['greedy', 1]]);
});
