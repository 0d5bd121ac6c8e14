import { KubeCircuitOpenError, KubeTimeoutError } from '../../kube/kube-errors.ts';
import { Buckets } from '../../lib/buckets.ts';
import type { Logger } from '../../lib/logger.ts';
import { throttled } from '../../lib/throttled.ts';
import { whyOf } from '../health/outage.ts';

/** Whether the cluster can decide what callers may do. */
export type AuthorizerState = 'available' | 'unavailable';

/** In seconds. Reviews have at most 2 s. */
export const REVIEW_BOUNDS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
];
/** Failures are logged at most once in this time. */
const LOG_PERIOD_MS = 60_000;
/** The right without which all reviews fail. */
const RIGHT_TO_REVIEW = 'create on subjectaccessreviews.authorization.k8s.io';

/**
 * The outcomes of the access reviews of a cluster: those for clients, which it counts, and those of the service itself.
 * Failures that a client may have caused itself are left out.
 */
export class ReviewOutcomes {
  readonly #counts = { allowed: 0, denied: 0, failed: 0 };
  /** How long reviews took, in seconds. */
  readonly durations = new Buckets(REVIEW_BOUNDS);
  #state: AuthorizerState = 'available';
  /** When the review that determined the state was sent, on the clock of performance.now(). */
  #stateAsOf = Number.NEGATIVE_INFINITY;
  #decidedAt = Number.NEGATIVE_INFINITY;
  readonly #logFailure: (context: object) => void;

  constructor(log: Logger) {
    this.#logFailure = throttled(
      (line) => log.error(line, 'access reviews fail: requests that need one are answered with 503'),
      LOG_PERIOD_MS,
    );
  }

  /** Reviews for clients since the start, by result. */
  get counts(): Readonly<Record<'allowed' | 'denied' | 'failed', number>> {
    return this.#counts;
  }

  /** Unavailable if the last review failed because of the cluster. */
  get state(): AuthorizerState {
    return this.#state;
  }

  /** When the latest review was sent that was decided, on the clock of performance.now(); `-Infinity`: none was. */
  get decidedAt(): number {
    return this.#decidedAt;
  }

  /** @param sentAt on the clock of performance.now() */
  decided(allowed: boolean, sentAt: number): void {
    this.#counts[allowed ? 'allowed' : 'denied'] += 1;
    this.durations.add((performance.now() - sentAt) / 1000);
    this.ownDecided(sentAt);
  }

  /** As decided, for a review of the service itself. */
  ownDecided(sentAt: number): void {
    this.#decidedAt = Math.max(this.#decidedAt, sentAt);
    this.#become('available', sentAt);
  }

  /** @param sentAt on the clock of performance.now() */
  failed(error: unknown, sentAt: number): void {
    // It was not sent, or the deadline was too short even for a healthy API server.
    if (error instanceof KubeCircuitOpenError || (error instanceof KubeTimeoutError && !error.fair)) return;
    this.#counts.failed += 1;
    this.durations.add((performance.now() - sentAt) / 1000);
    this.ownFailed(sentAt);
    this.#logFailure(whyOf(error, RIGHT_TO_REVIEW));
  }

  /** As failed, for a review of the service itself, which logs the failure. */
  ownFailed(sentAt: number): void {
    this.#become('unavailable', sentAt);
  }

  /** Ignores a review that was sent before the one that determined the state. */
  #become(state: AuthorizerState, sentAt: number): void {
    if (sentAt < this.#stateAsOf) return;
    this.#state = state;
    this.#stateAsOf = sentAt;
  }
}
