import { describe, expect, it } from 'vitest';
import { rolloutOf } from '../../../../src/cluster/rollout/phase.ts';
import type { RolloutStatus } from '../../../../src/cluster/rollout/rollout-status.ts';
import { deployment } from '../../../support/deployment-objects.ts';

const ALL = { current: 3, updated: 3, ready: 3, available: 3 };
const NONE = { current: 0, updated: 0, ready: 0, available: 0 };
const judged = (parts: Partial<RolloutStatus>, replicas = 3) =>
  rolloutOf(
    deployment('cart', '1', {
      replicas,
      status: { observed: true, ...ALL, paused: false, trouble: undefined, ...parts },
    }),
  );

describe('the phase of a Deployment', () => {
  it.each<[string, Partial<RolloutStatus>, number, string]>([
    ['all pods are there', {}, 3, 'all 3 replicas are available'],
    [
      'the only pod is there',
      { current: 1, updated: 1, ready: 1, available: 1 },
      1,
      'its replica is available',
    ],
    ['none is asked for and none is left', NONE, 0, 'it is scaled to 0'],
    [
      'a paused rollout holds back new pods',
      { paused: true, updated: 0 },
      3,
      'all 3 replicas are available; its rollout is paused',
    ],
  ])('is stable if %s', (_, status, replicas, reason) => {
    expect(judged(status, replicas)).toEqual({ phase: 'stable', reason });
  });

  it.each<[string, Partial<RolloutStatus>, number, string]>([
    [
      'the controller has not seen the change',
      { observed: false },
      3,
      'the Deployment controller has not acted on the last change yet',
    ],
    ['pods of the old template serve', { updated: 1 }, 3, '1 of 3 replicas are updated'],
    [
      'it is scaled down and pods are still to end',
      { current: 5, ready: 5, available: 5 },
      3,
      '2 replicas are still to end',
    ],
    ['it is scaled to 0 and pods are still to end', {}, 0, '3 replicas are still to end'],
    ['pods are not ready', { ready: 2, available: 2 }, 3, '2 of 3 replicas are available'],
    ['a paused Deployment is scaled up', { paused: true, available: 2 }, 3, '2 of 3 replicas are available'],
  ])('is progressing if %s', (_, status, replicas, reason) => {
    expect(judged(status, replicas)).toEqual({ phase: 'progressing', reason });
  });

  it('is stuck if the controller says so of the present spec', () => {
    const trouble = 'FailedCreate: exceeded quota';
    expect(judged({ available: 1, trouble })).toEqual({ phase: 'stuck', reason: trouble });
    expect(judged({ available: 1, trouble, observed: false }).phase).toBe('progressing');
  });
});
