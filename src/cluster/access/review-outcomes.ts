import { KubeError, KubeStatusError, KubeTimeoutError } from '../../kube/kube-errors.ts';
import type { Logger } from '../../lib/logger.ts';
import { throttled } from '../../lib/throttled.ts';

/** Whether the cluster can decide what callers may do. */
export type AuthorizerState = 'available' | 'unavailable';

/** At most one line about failures in this time. */
const LOG_PERIOD_MS = 60_000;
/** Of what the API server says, in characters. */
const MAX_DETAIL_LENGTH = 500;

/** What became of the access reviews of a cluster. Failures that a client brings about itself are left out. */
export class ReviewOutcomes {
  readonly #counts = { allowed: 0, denied: 0, failed: 0 };
  #state: AuthorizerState = 'available';
  /** When the review was sent that the state is known from, on the clock of performance.now(). */
  #stateAsOf = Number.NEGATIVE_INFINITY;
  readonly #logFailure: (context: object) => void;

  constructor(log: Logger) {
    this.#logFailure = throttled(
      (line) => log.error(line, 'access reviews fail: requests that need one are answered with 503'),
      LOG_PERIOD_MS,
    );
  }

  /** Reviews since the start, by result. */
  get counts(): Readonly<Record<'allowed' | 'denied' | 'failed', number>> {
    return this.#counts;
  }

  /** Unavailable while the last review failed for a cause of the cluster's. */
  get state(): AuthorizerState {
    return this.#state;
  }

  /** @param sentAt on the clock of performance.now() */
  decided(allowed: boolean, sentAt: number): void {
    this.#counts[allowed ? 'allowed' : 'denied'] += 1;
    this.#become('available', sentAt);
  }

  /** @param sentAt on the clock of performance.now() */
  failed(error: unknown, sentAt: number): void {
    // Its callers had too little time left for an API server that is well.
    if (error instanceof KubeTimeoutError && !error.fair) return;
    this.#counts.failed += 1;
    this.#become('unavailable', sentAt);
    this.#logFailure(contextOf(error));
  }

  /** A review that was sent before the one that the state is known from says nothing new. */
  #become(state: AuthorizerState, sentAt: number): void {
    if (sentAt < this.#stateAsOf) return;
    this.#state = state;
    this.#stateAsOf = sentAt;
  }
}

/** Why a review failed, and what to do about it where that is known. */
function contextOf(error: unknown): object {
  const code = error instanceof KubeError ? error.code : undefined;
  const detail = (error instanceof Error ? error.message : String(error)).slice(0, MAX_DETAIL_LENGTH);
  if (!(error instanceof KubeStatusError)) return { code, detail };
  const { status, reason } = error;
  const grant =
    status === 403
      ? 'create on subjectaccessreviews.authorization.k8s.io to the account of the service'
      : undefined;
  return { code, status, reason, detail, grant };
}
