import { beforeEach, describe, expect, it } from 'vitest';
import { OwnReviews } from '../../../../src/cluster/access/own-reviews.ts';
import { ReviewOutcomes } from '../../../../src/cluster/access/review-outcomes.ts';
import { KubeMalformedError } from '../../../../src/kube/kube-errors.ts';
import { RecordingLogger } from '../../../support/kube/recording-logger.ts';

const limits = { deadlineMs: 1_000, signal: new AbortController().signal };

let outcomes: ReviewOutcomes;
beforeEach(() => {
  outcomes = new ReviewOutcomes(new RecordingLogger());
});

function answeredWith(answer: unknown): OwnReviews {
  return new OwnReviews({ call: () => Promise.resolve(answer), reloadCredentials: () => {} }, outcomes);
}

describe('a review of the service itself', () => {
  it.each<[string, object]>([
    ['a denial', { allowed: false }],
    ['a denial because a part of the rules could not be read', { allowed: false, evaluationError: 'no' }],
    ['a permission', { allowed: true }],
  ])('is decided by %s', async (_title, status) => {
    await answeredWith({ status }).ask(limits);
    expect(outcomes.decidedAt).toBeGreaterThan(Number.NEGATIVE_INFINITY);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['no status', {}],
    ['a status without a decision', { status: { evaluationError: 'no' } }],
  ])('is not decided by %s', async (_title, answer) => {
    await expect(answeredWith(answer).ask(limits)).rejects.toThrow(KubeMalformedError);
    expect(outcomes.decidedAt).toBe(Number.NEGATIVE_INFINITY);
    expect(outcomes.state).toBe('unavailable');
  });
});
