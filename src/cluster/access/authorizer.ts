import type { KubeCalls } from '../../kube/client/circuit.ts';
import { Turns } from '../../kube/client/turns.ts';
import { isObject, objectAt } from '../../kube/json.ts';
import {
  KubeCircuitOpenError,
  KubeMalformedError,
  KubeStatusError,
  KubeTimeoutError,
  KubeUnreachableError,
} from '../../kube/kube-errors.ts';
import { CALL_PLACES, MAX_WAITING_CALLS } from '../call-places.ts';
import { AuthorizerUnavailableError } from '../cluster-errors.ts';
import { DecisionCounts } from './decision-counts.ts';
import { type Decision, Decisions, keyOf, type Subject } from './decisions.ts';
import type { ReviewOutcomes } from './review-outcomes.ts';
import { SharedReview } from './shared-review.ts';

/** What a subject wants to do with resources of the API group apps. */
export interface ResourceAttributes {
  readonly verb: 'get' | 'list' | 'patch';
  readonly resource: 'deployments';
  readonly subresource?: 'scale';
  /** Absent: all namespaces. */
  readonly namespace?: string;
  /** Absent: any name. */
  readonly name?: string;
}

export interface Authorizer {
  /**
   * Whether the subject may do this. Returns a cached decision at once, so that a read does not have to wait.
   * @param endsAt the deadline, on the clock of performance.now(); default: in 2 s
   * @throws AuthorizerUnavailableError, or rejects with it, if there is no decision. A read may instead be allowed
   *   because it was allowed recently; a write never is
   */
  allows(subject: Subject, attributes: ResourceAttributes, endsAt?: number): boolean | Promise<boolean>;
  /** The decision that is remembered and valid; undefined: there is none. It asks nobody. */
  known(subject: Subject, attributes: ResourceAttributes): boolean | undefined;
  /** The last decision, even if it has expired; undefined: none is remembered. */
  lastDecision(subject: Subject, attributes: ResourceAttributes): Decision | undefined;
  /**
   * Asks now, whatever is remembered, and without a turn: for callers that limit their reviews themselves. It takes at
   * most 2 s.
   * @throws as allows
   */
  review(subject: Subject, attributes: ResourceAttributes): Promise<boolean>;
}

/** How long decisions are valid, in seconds. */
export interface DecisionTimes {
  /** A decision to allow. */
  readonly allowedSeconds: number;
  /** A decision to deny. */
  readonly deniedSeconds: number;
  /** How much longer a decision to allow is valid for reads while the API server cannot be asked; 0: no longer. */
  readonly outageSeconds: number;
}

/** Where reviews are requested. */
export const REVIEWS_PATH = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
/** Enough for the lists of ten callers over 5,000 namespaces. */
const MAX_DECISIONS = 50_000;
/** A decision may be renewed once less than this part of its time is left. */
const RENEWED_PART = 1 / 4;
/** The time for the access reviews of one operation on one Deployment, including the wait for their turn. */
export const REVIEW_DEADLINE_MS = 2_000;

/** Runs the call of a review when its turn has come. */
type InTurn = (send: () => Promise<boolean>, review: SharedReview) => Promise<boolean>;

/** Asks the RBAC of the cluster by SubjectAccessReview, and caches its decisions. */
export class ReviewAuthorizer implements Authorizer {
  readonly #api: KubeCalls;
  readonly #times: DecisionTimes;
  readonly #outcomes: Pick<ReviewOutcomes, 'decided' | 'failed'>;
  readonly #deadlineMs: number;
  readonly #counts: DecisionCounts;
  readonly #decisions = new Decisions(MAX_DECISIONS);
  readonly #running = new Map<string, SharedReview>();
  readonly #turns = new Turns(CALL_PLACES.reviews, MAX_WAITING_CALLS);

  /**
   * @param outcomes records the outcome of each review that is sent
   * @param deadlineMs for tests: another deadline than in production
   * @param counts counts the decisions
   */
  constructor(
    api: KubeCalls,
    times: DecisionTimes,
    outcomes: Pick<ReviewOutcomes, 'decided' | 'failed'>,
    deadlineMs = REVIEW_DEADLINE_MS,
    counts = new DecisionCounts(),
  ) {
    this.#api = api;
    this.#times = times;
    this.#outcomes = outcomes;
    this.#deadlineMs = deadlineMs;
    this.#counts = counts;
  }

  allows(subject: Subject, attributes: ResourceAttributes, endsAt?: number): boolean | Promise<boolean> {
    const known = this.known(subject, attributes);
    if (known !== undefined) return known;
    const deadline = endsAt ?? performance.now() + this.#deadlineMs;
    return this.#decision(this.#reviewUntil(deadline, subject, attributes), deadline, subject, attributes);
  }

  known(subject: Subject, attributes: ResourceAttributes): boolean | undefined {
    const last = this.lastDecision(subject, attributes);
    if (last === undefined || performance.now() >= last.expiresAt) return undefined;
    this.#counts.cache[last.allowed ? 'allowed' : 'denied'] += 1;
    return last.allowed;
  }

  lastDecision(subject: Subject, attributes: ResourceAttributes): Decision | undefined {
    return this.#decisions.get(keyOf(subject), questionOf(attributes), performance.now());
  }

  review(subject: Subject, attributes: ResourceAttributes): Promise<boolean> {
    const endsAt = performance.now() + this.#deadlineMs;
    // Does not join a review that is running: that one may wait in a line that is full.
    const review = this.#begin(endsAt, subject, attributes, (send) => send());
    return this.#decision(review, endsAt, subject, attributes);
  }

  async #decision(
    review: SharedReview,
    endsAt: number,
    subject: Subject,
    attributes: ResourceAttributes,
  ): Promise<boolean> {
    try {
      const allowed = await review.wait(endsAt);
      this.#counts.review[allowed ? 'allowed' : 'denied'] += 1;
      return allowed;
    } catch (error) {
      if (attributes.verb !== 'patch' && cannotBeAsked(error) && this.#allowedLately(subject, attributes)) {
        this.#counts.outage.allowed += 1;
        return true;
      }
      this.#counts.review.failed += 1;
      throw new AuthorizerUnavailableError(error);
    }
  }

  /** The review that is running, if it can last until the deadline of the caller; otherwise a new one. */
  #reviewUntil(endsAt: number, subject: Subject, attributes: ResourceAttributes): SharedReview {
    const running = this.#running.get(keyOfReview(subject, attributes));
    if (running?.lastsUntil(endsAt)) return running;
    return this.#begin(endsAt, subject, attributes, (send, review) =>
      this.#turns.run(subject.user, send, review.maxWaitMs),
    );
  }

  #begin(endsAt: number, subject: Subject, attributes: ResourceAttributes, inTurn: InTurn): SharedReview {
    const key = keyOfReview(subject, attributes);
    const review = new SharedReview(endsAt, (self) => this.#decide(subject, attributes, self, inTurn));
    this.#running.set(key, review);
    review.ended.then(() => {
      if (this.#running.get(key) === review) this.#running.delete(key);
    });
    return review;
  }

  async #decide(
    subject: Subject,
    attributes: ResourceAttributes,
    review: SharedReview,
    inTurn: InTurn,
  ): Promise<boolean> {
    const allowed = await inTurn(() => this.#send(subject, attributes, review), review);
    // Do not cache the decision if a later review has taken the place of this one: its decision is newer.
    if (this.#running.get(keyOfReview(subject, attributes)) === review)
      this.#remember(subject, attributes, allowed);
    return allowed;
  }

  #remember(subject: Subject, attributes: ResourceAttributes, allowed: boolean): void {
    const { allowedSeconds, deniedSeconds } = this.#times;
    const now = performance.now();
    const keptMs = (allowed ? allowedSeconds : deniedSeconds) * 1000;
    const decision = { allowed, renewAt: now + keptMs * (1 - RENEWED_PART), expiresAt: now + keptMs };
    this.#decisions.set(keyOf(subject), questionOf(attributes), decision, now);
  }

  async #send(subject: Subject, attributes: ResourceAttributes, review: SharedReview): Promise<boolean> {
    const limits = review.begin();
    const sentAt = performance.now();
    try {
      const answer = await this.#api.call({
        method: 'POST',
        path: REVIEWS_PATH,
        body: bodyOf(subject, attributes),
        ...limits,
      });
      const allowed = decisionIn(answer);
      this.#outcomes.decided(allowed, sentAt);
      return allowed;
    } catch (error) {
      this.#outcomes.failed(error, sentAt);
      throw error;
    }
  }

  /** Whether the last decision allowed this, and is not older than decisions may be in an outage. */
  #allowedLately(subject: Subject, attributes: ResourceAttributes): boolean {
    const known = this.lastDecision(subject, attributes);
    return known?.allowed === true && performance.now() < known.expiresAt + this.#times.outageSeconds * 1000;
  }
}

/** Allows every client with an accepted certificate everything. For development. */
export function alwaysAllowing({ mode }: DecisionCounts): Authorizer {
  const allow = () => {
    mode.allowed += 1;
    return true;
  };
  return { allows: allow, known: allow, lastDecision: () => undefined, review: async () => allow() };
}

/** The key of a question. Names have no line breaks and are not empty, so different questions have different keys. */
function questionOf({ verb, subresource, namespace, name }: ResourceAttributes): string {
  return `${verb}\n${subresource ?? ''}\n${namespace ?? ''}\n${name ?? ''}`;
}

function keyOfReview(subject: Subject, attributes: ResourceAttributes): string {
  return `${questionOf(attributes)}\n${keyOf(subject)}`;
}

/** The body of a request for a review. */
export function bodyOf({ user, groups }: Subject, attributes: ResourceAttributes): object {
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user, groups, resourceAttributes: { group: 'apps', ...attributes } },
  };
}

/** @throws KubeMalformedError if the answer has no decision, or one that must not be used */
function decisionIn(answer: unknown): boolean {
  const { allowed, evaluationError } = statusOfReview(answer);
  // A denial with an evaluation error may only mean that some rules could not be read. It must not be cached.
  if (!allowed && evaluationError)
    throw new KubeMalformedError(`a review could not be evaluated: ${evaluationError}`);
  return allowed;
}

/** @throws KubeMalformedError if the answer has no decision */
export function statusOfReview(answer: unknown): {
  readonly allowed: boolean;
  readonly evaluationError: unknown;
} {
  const { allowed, evaluationError } = objectAt(isObject(answer) ? answer : {}, 'status');
  if (typeof allowed !== 'boolean') throw new KubeMalformedError('a review has no decision');
  return { allowed, evaluationError };
}

/**
 * Whether the error shows an outage of the API server. Errors that a client can cause itself do not count, because it
 * could use them to get a withdrawn right back: a full line, a turn that does not come in time, or too little time left
 * after the wait.
 */
function cannotBeAsked(error: unknown): boolean {
  if (error instanceof KubeStatusError) return error.status >= 500 || error.status === 429;
  if (error instanceof KubeTimeoutError) return error.fair;
  return error instanceof KubeUnreachableError || error instanceof KubeCircuitOpenError;
}
