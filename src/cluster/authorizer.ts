import { LRUCache } from 'lru-cache';
import type { KubeCalls } from './circuit.ts';
import { AuthorizerUnavailableError, KubeBusyError, KubeMalformedError } from './errors.ts';
import { isObject, objectAt } from './json.ts';
import { Semaphore } from './semaphore.ts';

/** Somebody who asks, as RBAC knows them. */
export interface Subject {
  readonly user: string;
  readonly groups: readonly string[];
}

/** What is asked for, of the resources in the API group apps. */
export interface ResourceAttributes {
  readonly verb: 'get' | 'list' | 'patch';
  readonly resource: 'deployments';
  readonly subresource?: 'scale';
  /** Absent: in all namespaces. */
  readonly namespace?: string;
  /** Absent: of any name. */
  readonly name?: string;
}

export interface Authorizer {
  /**
   * Whether the subject may do that. Answered at once where the decision is cached, so that a read need not wait.
   * @param endsAt when an answer is no longer of use, on the clock of performance.now(); default: in 2 s
   * @throws AuthorizerUnavailableError (or rejects with it) when it cannot be asked: never an approval
   */
  allows(subject: Subject, attributes: ResourceAttributes, endsAt?: number): boolean | Promise<boolean>;
}

const ALLOWED_MS = 5 * 60_000;
const DENIED_MS = 30_000;
const MAX_DECISIONS = 20_000;
/** For the access reviews of one operation on one Deployment, the wait for their turn included. */
export const REVIEW_DEADLINE_MS = 2_000;
/** Reviews under way at a time: a stranger's list over 1,000 namespaces must not flood the API server. */
const MAX_REVIEWS = 10;
const MAX_WAITING_REVIEWS = 1_000;
/** Of one user, under way and waiting: whoever asks for many names that there are not must not take up the whole line. */
const MAX_REVIEWS_OF_USER = 250;

interface Decision {
  readonly allowed: boolean;
  /** On the clock of performance.now(). */
  readonly expiresAt: number;
}

/** Asks the cluster's own RBAC by SubjectAccessReview, and remembers its decisions for a while. */
export class ReviewAuthorizer implements Authorizer {
  readonly #api: KubeCalls;
  readonly #decisions = new LRUCache<string, Decision>({ max: MAX_DECISIONS });
  readonly #running = new Map<string, Promise<boolean>>();
  readonly #places = new Semaphore(MAX_REVIEWS, MAX_WAITING_REVIEWS);
  /** How many reviews each user has under way and waiting. */
  readonly #counts = new Map<string, number>();

  constructor(api: KubeCalls) {
    this.#api = api;
  }

  allows(subject: Subject, attributes: ResourceAttributes, endsAt?: number): boolean | Promise<boolean> {
    const key = keyOf(subject, attributes);
    const known = this.#decisions.get(key);
    const now = performance.now();
    if (known !== undefined && now < known.expiresAt) return known.allowed;
    let review = this.#running.get(key);
    if (review === undefined) {
      review = this.#decide(key, subject, attributes, endsAt ?? now + REVIEW_DEADLINE_MS).finally(() =>
        this.#running.delete(key),
      );
      this.#running.set(key, review);
    }
    return review;
  }

  async #decide(
    key: string,
    subject: Subject,
    attributes: ResourceAttributes,
    endsAt: number,
  ): Promise<boolean> {
    const { user } = subject;
    const count = this.#counts.get(user) ?? 0;
    if (count >= MAX_REVIEWS_OF_USER) throw new AuthorizerUnavailableError(new KubeBusyError());
    this.#counts.set(user, count + 1);
    try {
      const allowed = await this.#places.run(() => this.#review(subject, attributes, endsAt));
      const expiresAt = performance.now() + (allowed ? ALLOWED_MS : DENIED_MS);
      this.#decisions.set(key, { allowed, expiresAt });
      return allowed;
    } catch (error) {
      throw new AuthorizerUnavailableError(error);
    } finally {
      const left = (this.#counts.get(user) ?? 1) - 1;
      if (left === 0) this.#counts.delete(user);
      else this.#counts.set(user, left);
    }
  }

  async #review({ user, groups }: Subject, attributes: ResourceAttributes, endsAt: number): Promise<boolean> {
    const deadlineMs = endsAt - performance.now();
    // Behind an API server that is silent: whoever asked has an answer by now, and those behind must have theirs in time.
    if (deadlineMs <= 0) throw new Error('the review did not have its turn in time');
    const answer = await this.#api.call({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { user, groups, resourceAttributes: { group: 'apps', ...attributes } },
      },
      deadlineMs,
    });
    const status = objectAt(isObject(answer) ? answer : {}, 'status');
    if (typeof status.allowed !== 'boolean') throw new KubeMalformedError('a review has no decision');
    // With an evaluation error a denial may be for want of rules that could not be read: nothing to remember.
    if (!status.allowed && status.evaluationError)
      throw new KubeMalformedError('a review could not be evaluated');
    return status.allowed;
  }
}

/** Everybody whose certificate was accepted may do everything: for development. */
export const alwaysAllow: Authorizer = { allows: () => true };

/** Names cannot hold line breaks, so that no two different questions have the same key. */
function keyOf({ user, groups }: Subject, attributes: ResourceAttributes): string {
  const { verb, resource, subresource, namespace, name } = attributes;
  return [verb, resource, subresource, namespace, name, user, ...groups].join('\n');
}
