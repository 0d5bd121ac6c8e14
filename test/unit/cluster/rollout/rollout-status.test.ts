import { describe, expect, it } from 'vitest';
import { reduceStatus } from '../../../../src/cluster/rollout/rollout-status.ts';
import { KubeMalformedError } from '../../../../src/kube/kube-errors.ts';

const condition = (type: string, status: string, reason = 'Reason', message = 'words') => ({
  type,
  status,
  reason,
  message,
});
const troubleOf = (...conditions: unknown[]) => reduceStatus(1, {}, { conditions }).trouble;

describe('the reduced status of a Deployment', () => {
  it('has no pods and has not been seen if there is none yet', () => {
    const expected = { observed: false, current: 0, updated: 0, ready: 0, available: 0, paused: false };
    expect(reduceStatus(1, {}, undefined)).toMatchObject(expected);
  });

  it('has the counts of the status', () => {
    const status = {
      observedGeneration: 2,
      replicas: 5,
      updatedReplicas: 4,
      readyReplicas: 3,
      availableReplicas: 2,
    };
    expect(reduceStatus(2, { paused: true }, status)).toEqual({
      observed: true,
      current: 5,
      updated: 4,
      ready: 3,
      available: 2,
      paused: true,
      trouble: undefined,
    });
    expect(reduceStatus(3, {}, status).observed).toBe(false);
  });

  it('is refused with a count that is none', () => {
    expect(() => reduceStatus(1, {}, { readyReplicas: '3' })).toThrow(KubeMalformedError);
  });

  it('has trouble if pods cannot be created, or a rollout is late', () => {
    expect(
      troubleOf(condition('Available', 'False'), condition('ReplicaFailure', 'True', 'FailedCreate')),
    ).toBe('FailedCreate: words');
    expect(troubleOf(condition('Progressing', 'False', 'ProgressDeadlineExceeded'))).toBe(
      'ProgressDeadlineExceeded: words',
    );
  });

  it('has none otherwise', () => {
    expect(troubleOf(condition('Available', 'False'), condition('Progressing', 'True'))).toBeUndefined();
    expect(
      troubleOf(condition('Progressing', 'Unknown'), condition('ReplicaFailure', 'False'), null),
    ).toBeUndefined();
    expect(reduceStatus(1, {}, { conditions: 'none' }).trouble).toBeUndefined();
  });

  it('keeps 256 characters of the trouble', () => {
    expect(troubleOf(condition('ReplicaFailure', 'True', 'FailedCreate', 'x'.repeat(500)))).toHaveLength(256);
  });
});
