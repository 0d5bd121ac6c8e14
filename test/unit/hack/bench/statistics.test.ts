import { expect, test } from 'vitest';
import { processorTimeIn } from '../../../../hack/bench/processor-time.ts';
import { median, medianRatio, percentile } from '../../../../hack/bench/statistics.ts';

test('the median is the figure in the middle, or the mean of the two there, in any order', () => {
  expect(median([30, 10, 20])).toBe(20);
  expect(median([40, 10, 30, 20])).toBe(25);
  expect(median([7])).toBe(7);
  expect(median([])).toBeNaN();
});

test('the 99th percentile is a measured figure that at most one of a hundred exceeds', () => {
  const sorted = Array.from({ length: 200 }, (_, i) => i + 1);
  expect(percentile(sorted, 99)).toBe(198);
  expect(percentile([5], 99)).toBe(5);
  expect(percentile([], 99)).toBeNaN();
});

test('a ratio pairs the figures of a round, so that a round on a busy machine does not change it', () => {
  expect(medianRatio([20, 200, 22], [10, 100, 11])).toBe(2);
});

test('a ratio leaves out rounds that only one of the two has', () => {
  expect(medianRatio([20, 30, 90], [10, 10])).toBe(2.5);
});

test('processor time is that of the user and of the system, whatever the name of the program is', () => {
  const stat = `1234 (node (main) x) S 1 1234 1234 0 -1 4194560 5000 0 0 0 250 50 7 7 20 0 11 0 100 999 888`;
  expect(processorTimeIn(stat)).toBe(3);
});
