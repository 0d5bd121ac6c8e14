import { describe, expect, it } from 'vitest';
import type { RolloutStatus } from '../../../../src/cluster/rollout/rollout-status.ts';
import { troubleOf, type Verdict, verdictOf } from '../../../../src/cluster/waits/verdict.ts';
import { deployment } from '../../../support/deployment-objects.ts';

/** A Deployment that has 3 replicas, all of them available. */
function cart(status: Partial<RolloutStatus> = {}, replicas = 3) {
  const done = { current: replicas, updated: replicas, ready: replicas, available: replicas };
  const parts = { observed: true, paused: false, trouble: undefined };
  return deployment('cart', '7', { uid: 'u', replicas, status: { ...done, ...parts, ...status } });
}

describe('a Deployment that is to have 3 replicas', () => {
  it.each<[string, Verdict, Partial<RolloutStatus>]>([
    ['is ready if all are available', 'ready', {}],
    ['is ready if it is stuck in the past only', 'ready', { trouble: 'ProgressDeadlineExceeded: late' }],
    ['waits while its controller has not seen the spec', 'waiting', { observed: false }],
    ['waits while too few are available', 'waiting', { available: 2 }],
    ['waits while too few are of the newest template', 'waiting', { updated: 2 }],
    ['is ready in spite of that if its rollout is paused', 'ready', { updated: 0, paused: true }],
    ['waits, also if it is paused, while too few are available', 'waiting', { available: 2, paused: true }],
    ['waits while one that is too many has not ended', 'waiting', { current: 4 }],
    ['waits while more are available than it is to have', 'waiting', { current: 4, available: 4 }],
    ['waits while one is missing', 'waiting', { current: 2 }],
    ['is ready if one that is available is not ready any more', 'ready', { ready: 2 }],
  ])('%s', (_what, verdict, status) => {
    expect(verdictOf(cart(status), 'u', 3)).toBe(verdict);
  });

  it('is gone if there is none, or another of its name, whatever its count', () => {
    expect(verdictOf(undefined, 'u', 3)).toBe('gone');
    expect(verdictOf(cart(), 'another', 3)).toBe('gone');
    expect(verdictOf(cart({}, 5), 'another', 3)).toBe('gone');
  });

  it.each([0, 2, 4])('is overridden by a count of %d, even before its controller sees it', (replicas) => {
    expect(verdictOf(cart({ observed: false }, replicas), 'u', 3)).toBe('overridden');
  });
});

describe('a Deployment that is to have no replicas', () => {
  it.each<[string, Verdict, Partial<RolloutStatus>]>([
    ['is ready once none is left', 'ready', {}],
    ['waits while one is left', 'waiting', { current: 1 }],
    ['waits while its controller has not seen the spec', 'waiting', { observed: false }],
    ['is ready whatever the conditions say', 'ready', { trouble: 'FailedCreate: quota' }],
  ])('%s', (_what, verdict, status) => {
    expect(verdictOf(cart(status, 0), 'u', 0)).toBe(verdict);
  });
});

it('the trouble of a Deployment counts if its controller has seen the spec, and pods are asked for', () => {
  const trouble = 'FailedCreate: quota';
  expect(troubleOf(cart({ trouble }))).toBe(trouble);
  expect(troubleOf(cart({ trouble, observed: false }))).toBeUndefined();
  expect(troubleOf(cart({ trouble }, 0))).toBeUndefined();
  expect(troubleOf(cart())).toBeUndefined();
});
