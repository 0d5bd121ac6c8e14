import type { KubeCalls } from '../../kube/client/circuit.ts';
import { KubeCircuitOpenError } from '../../kube/kube-errors.ts';
import type { ProbeLimits, Reviews } from '../health/cluster-health.ts';
import { bodyOf, REVIEWS_PATH, statusOfReview } from './authorizer.ts';
import type { Subject } from './decisions.ts';
import type { ReviewOutcomes } from './review-outcomes.ts';

/** Whose rights are asked for. Any answer will do, so it is a name that an administrator finds the reason of. */
const NOBODY: Subject = { user: 'k8s-deployment-scaler:health', groups: [] };

/** The reviews by which the service finds out whether there are decisions, when no client has needed one lately. */
export class OwnReviews implements Reviews {
  readonly #api: KubeCalls;
  readonly #outcomes: ReviewOutcomes;

  constructor(api: KubeCalls, outcomes: ReviewOutcomes) {
    this.#api = api;
    this.#outcomes = outcomes;
  }

  get decidedAt(): number {
    return this.#outcomes.decidedAt;
  }

  get state(): ReviewOutcomes['state'] {
    return this.#outcomes.state;
  }

  async ask({ deadlineMs, signal }: ProbeLimits): Promise<void> {
    const sentAt = performance.now();
    const body = bodyOf(NOBODY, { verb: 'get', resource: 'deployments', subresource: 'scale' });
    try {
      const answer = await this.#api.call({ method: 'POST', path: REVIEWS_PATH, body, deadlineMs, signal });
      // Nobody is allowed nothing, so that a part of the rules which could not be read says nothing about clients.
      statusOfReview(answer);
      this.#outcomes.ownDecided(sentAt);
    } catch (error) {
      const wasSent = !signal.aborted && !(error instanceof KubeCircuitOpenError);
      if (wasSent) this.#outcomes.ownFailed(sentAt);
      throw error;
    }
  }
}
