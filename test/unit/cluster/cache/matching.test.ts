import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { matching } from '../../../../src/cluster/cache/matching.ts';
import { LabelSelector } from '../../../../src/cluster/labels/label-selector.ts';
import { pauses } from '../../../../src/lib/slices.ts';
import { deployment } from '../../../support/deployment-objects.ts';

// Each look at the clock takes 1 ms.
beforeEach(() => {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now++);
});
afterEach(() => void vi.restoreAllMocks());

const deployments = ['web', 'cart', 'web', 'db'].map((app, index) =>
  deployment(`a-${index}`, '1', { labels: ['app', app] }),
);

it('finds the Deployments that the selector matches, in their order', async () => {
  const [first, , third] = deployments;
  expect(await matching(deployments, LabelSelector.parse('app=web'), pauses())).toEqual([first, third]);
});

it('finds all without a selector', async () => {
  expect(await matching(deployments, undefined, pauses())).toBe(deployments);
});

it('lets the event loop turn, whether the selector matches or not', async () => {
  let turns = 0;
  let counting = setImmediate(function count() {
    turns += 1;
    counting = setImmediate(count);
  });
  const many = Array.from({ length: 40 }, () => deployments).flat();
  expect(await matching(many, LabelSelector.parse('app=none'), pauses())).toEqual([]);
  clearImmediate(counting);
  expect(turns).toBeGreaterThanOrEqual(9);
});
