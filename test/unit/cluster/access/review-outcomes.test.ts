import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ReviewOutcomes } from '../../../../src/cluster/access/review-outcomes.ts';
import {
  KubeCircuitOpenError,
  KubeMalformedError,
  KubeStatusError,
  KubeTimeoutError,
  KubeUnreachableError,
} from '../../../../src/kube/kube-errors.ts';
import { RecordingLogger } from '../../../support/kube/recording-logger.ts';

const forbidden = new KubeStatusError(403, 'Forbidden', 'User "scaler" cannot create subjectaccessreviews');
let log: RecordingLogger;
let outcomes: ReviewOutcomes;

beforeEach(() => {
  vi.useFakeTimers();
  log = new RecordingLogger();
  outcomes = new ReviewOutcomes(log);
});
afterEach(() => {
  vi.useRealTimers();
});

const now = () => performance.now();
const contexts = () => log.lines.map(({ context }) => context);

describe('the state of an authoriser', () => {
  it('is available before any review was needed', () => {
    expect([outcomes.state, outcomes.counts]).toEqual(['available', { allowed: 0, denied: 0, failed: 0 }]);
  });

  it.each<[string, unknown]>([
    ['the account may not ask', forbidden],
    ['the API server answers 500', new KubeStatusError(500, 'InternalError', 'failed calling webhook')],
    ['the API server is unreachable', new KubeUnreachableError(false, 'refused')],
    ['the API server was silent for long enough', new KubeTimeoutError(true, 1_000)],
    ['a review could not be evaluated', new KubeMalformedError('a review could not be evaluated: no')],
  ])('is unavailable if %s, until a review is decided', (_title, error) => {
    outcomes.failed(error, now());
    expect([outcomes.state, log.lines.length]).toEqual(['unavailable', 1]);
    outcomes.decided(false, now());
    expect(outcomes.state).toBe('available');
    expect(outcomes.counts).toEqual({ allowed: 0, denied: 1, failed: 1 });
  });

  it('does not change when a review times out that gave the API server too little time', () => {
    outcomes.failed(new KubeTimeoutError(true, 999), now());
    expect([outcomes.state, outcomes.counts.failed, log.lines]).toEqual(['available', 0, []]);
  });

  it('does not change because of a review that was not sent', () => {
    outcomes.failed(new KubeCircuitOpenError(1), now());
    expect([outcomes.state, outcomes.counts.failed, log.lines]).toEqual(['available', 0, []]);
  });

  it('follows the review that was sent last, even if an earlier one ends after it', () => {
    outcomes.decided(true, 2_000);
    outcomes.failed(new KubeTimeoutError(true, 2_000), 1_000);
    expect(outcomes.state).toBe('available');
    outcomes.failed(forbidden, 3_000);
    outcomes.decided(true, 2_500);
    expect(outcomes.state).toBe('unavailable');
  });
});

describe('the log line about failed reviews', () => {
  it('has the message of the API server, and names the right to grant if the account lacks it', () => {
    outcomes.failed(forbidden, now());
    expect(log.lines).toEqual([
      {
        level: 'error',
        message: 'access reviews fail: requests that need one are answered with 503',
        context: {
          code: 'KUBE_STATUS',
          status: 403,
          reason: forbidden.message,
          grant: 'create on subjectaccessreviews.authorization.k8s.io to the account of the service',
          times: 1,
        },
      },
    ]);
  });

  it('names no right to grant if the failure has another cause', () => {
    outcomes.failed(new KubeStatusError(500, 'InternalError', 'failed calling webhook'), now());
    const [context] = contexts();
    expect(context).toMatchObject({ status: 500, reason: 'failed calling webhook' });
    expect(context).not.toHaveProperty('grant');
  });

  it('has at most 500 characters of that message', () => {
    outcomes.failed(new KubeStatusError(500, '', 'x'.repeat(10_000)), now());
    expect(contexts()).toEqual([expect.objectContaining({ reason: 'x'.repeat(500) })]);
  });

  it('is written once per minute, with the number of failures since the previous line', async () => {
    for (let times = 0; times < 100; times += 1) outcomes.failed(forbidden, now());
    await vi.advanceTimersByTimeAsync(59_999);
    outcomes.failed(forbidden, now());
    expect(contexts()).toEqual([expect.objectContaining({ times: 1 })]);
    await vi.advanceTimersByTimeAsync(1);
    outcomes.failed(new KubeStatusError(500, 'InternalError', 'down'), now());
    expect(contexts().slice(1)).toEqual([expect.objectContaining({ status: 500, times: 101 })]);
  });

  it('of one cluster does not suppress the line of another', () => {
    outcomes.failed(forbidden, now());
    new ReviewOutcomes(log).failed(forbidden, now());
    expect(log.lines).toHaveLength(2);
  });
});
