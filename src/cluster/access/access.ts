import { type Authorizer, REVIEW_DEADLINE_MS, type ResourceAttributes } from './authorizer.ts';
import type { Subject } from './decisions.ts';
import { type ListRights, ListRightsOfAll, type ListRightsTiming } from './list-rights.ts';
import { listIn, Sweeps } from './sweeps.ts';

/** The time for all the reviews of a list. It is less than a list of all clusters waits for one of them. */
const LIST_REVIEWS_MS = 4_500;

/** For tests: other times than in production. */
export interface AccessTiming {
  /** For the reviews of one operation on one Deployment. */
  readonly reviewMs?: number | undefined;
  /** For all the reviews of a list. */
  readonly listReviewsMs?: number | undefined;
  readonly listRights?: ListRightsTiming | undefined;
}

/** Translates each operation of the service into the rights that it requires in the RBAC of the cluster. */
export class Access {
  readonly #authorizer: Authorizer;
  readonly #sweeps: Sweeps;
  readonly #listRights: ListRightsOfAll;
  readonly #reviewMs: number;
  readonly #listReviewsMs: number;

  constructor(authorizer: Authorizer, timing: AccessTiming = {}) {
    this.#authorizer = authorizer;
    this.#sweeps = new Sweeps(authorizer);
    this.#listRights = new ListRightsOfAll(authorizer, timing.listRights);
    this.#reviewMs = timing.reviewMs ?? REVIEW_DEADLINE_MS;
    this.#listReviewsMs = timing.listReviewsMs ?? LIST_REVIEWS_MS;
  }

  /** Ends the reviews that go on without their callers. */
  stop(): void {
    this.#sweeps.stop();
    this.#listRights.stop();
  }

  /** Whether the subject may read the replica count of this Deployment. @throws AuthorizerUnavailableError */
  mayRead(subject: Subject, namespace: string, name: string): boolean | Promise<boolean> {
    return this.#onScale(subject, 'get', namespace, name);
  }

  /** Whether it is remembered that the subject may read the replica count of this Deployment. */
  isKnownToRead(subject: Subject, namespace: string, name: string): boolean {
    const any = scaleIn(namespace, 'get');
    const decision = this.#authorizer.known(subject, any);
    return decision === false
      ? this.#authorizer.known(subject, { ...any, name }) === true
      : decision === true;
  }

  /** Whether the subject may set the replica count of this Deployment. @throws AuthorizerUnavailableError */
  mayScale(subject: Subject, namespace: string, name: string): boolean | Promise<boolean> {
    return this.#onScale(subject, 'patch', namespace, name);
  }

  /** Whether the subject may list the Deployments of a namespace, or of all. @throws AuthorizerUnavailableError */
  mayList(subject: Subject, namespace: string | undefined, endsAt?: number): boolean | Promise<boolean> {
    return this.#authorizer.allows(subject, listIn(namespace), endsAt);
  }

  /** Whether it is remembered that the subject may list the Deployments of a namespace, or of all. */
  isKnownToList(subject: Subject, namespace: string | undefined): boolean {
    return this.#authorizer.known(subject, listIn(namespace)) === true;
  }

  /** When all the reviews of a list that begins now must have ended, on the clock of performance.now(). */
  listDeadline(): number {
    return performance.now() + this.#listReviewsMs;
  }

  /**
   * The current namespaces whose Deployments the subject may list, in the same order.
   * @param current returns the current namespaces. It is called again after the reviews: without a namespace that was
   *   created in between, the list would be older than its Age says
   * @param endsAt the deadline, on the clock of performance.now(); default: in 4.5 s
   * @throws AccessUndecidedError if all reviews together take too long, or AuthorizerUnavailableError
   */
  listable(
    subject: Subject,
    current: () => readonly string[],
    endsAt = this.listDeadline(),
  ): Promise<readonly string[]> {
    return this.#sweeps.listable(subject, current, endsAt);
  }

  /**
   * The rights to list of a subject that has just been found to have them, over time.
   * @param namespace where it was found to; undefined: anywhere
   * @param shown the namespaces that it may list; undefined: all of them
   * @param current returns the current namespaces
   */
  listRights(
    subject: Subject,
    namespace: string | undefined,
    shown: readonly string[] | undefined,
    current: () => readonly string[],
  ): ListRights {
    return this.#listRights.of(subject, { namespace, shown, find: () => this.listable(subject, current) });
  }

  /**
   * Asks for the whole namespace first, because that decision applies to all its Deployments; then, if it denies, for
   * this name only (resourceNames). Both together take at most 2 s.
   */
  #onScale(
    subject: Subject,
    verb: 'get' | 'patch',
    namespace: string,
    name: string,
  ): boolean | Promise<boolean> {
    const any = scaleIn(namespace, verb);
    const decision = this.#authorizer.allows(subject, any);
    if (decision === true) return true;
    const endsAt = performance.now() + this.#reviewMs;
    const one = () => this.#authorizer.allows(subject, { ...any, name }, endsAt);
    return decision === false ? one() : decision.then((allowed) => allowed || one());
  }
}

function scaleIn(namespace: string, verb: 'get' | 'patch'): ResourceAttributes {
  return { verb, resource: 'deployments', subresource: 'scale', namespace };
}
