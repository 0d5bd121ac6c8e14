import { AuthorizerUnavailableError } from '../cluster-errors.ts';
import { type Authorizer, REVIEW_DEADLINE_MS, type ResourceAttributes } from './authorizer.ts';
import type { Subject } from './decisions.ts';

const PARALLEL_LISTS = 4;
/** The time for the reviews of one list by namespace. Before them, the review for all namespaces takes up to 2 s. */
const LIST_DEADLINE_MS = 3_000;

/** Translates each operation of the service into the rights that it requires in the RBAC of the cluster. */
export class Access {
  readonly #authorizer: Authorizer;

  constructor(authorizer: Authorizer) {
    this.#authorizer = authorizer;
  }

  /** Whether the subject may read the replica count of this Deployment. @throws AuthorizerUnavailableError */
  mayRead(subject: Subject, namespace: string, name: string): boolean | Promise<boolean> {
    return this.#onScale(subject, 'get', namespace, name);
  }

  /** Whether the subject may set the replica count of this Deployment. @throws AuthorizerUnavailableError */
  mayScale(subject: Subject, namespace: string, name: string): boolean | Promise<boolean> {
    return this.#onScale(subject, 'patch', namespace, name);
  }

  /** Whether the subject may list the Deployments of a namespace, or of all. @throws AuthorizerUnavailableError */
  mayList(subject: Subject, namespace: string | undefined, endsAt?: number): boolean | Promise<boolean> {
    const everywhere: ResourceAttributes = { verb: 'list', resource: 'deployments' };
    const attributes = namespace === undefined ? everywhere : { ...everywhere, namespace };
    return this.#authorizer.allows(subject, attributes, endsAt);
  }

  /**
   * The current namespaces whose Deployments the subject may list, in the same order.
   * @param current returns the current namespaces. It is called again after the reviews: without a namespace that was
   *   created in between, the list would be older than its Age says
   * @throws AuthorizerUnavailableError, also if all reviews together take too long
   */
  async listable(subject: Subject, current: () => readonly string[]): Promise<readonly string[]> {
    const endsAt = performance.now() + LIST_DEADLINE_MS;
    const decisions = new Map<string, boolean>();
    for (;;) {
      const namespaces = current();
      const unknown = namespaces.filter((namespace) => !decisions.has(namespace));
      if (unknown.length === 0) return namespaces.filter((namespace) => decisions.get(namespace));
      const next = unknown.values();
      const ask = async () => {
        for (const namespace of next) {
          if (performance.now() > endsAt)
            throw new AuthorizerUnavailableError('the reviews of a list took too long');
          decisions.set(namespace, await this.mayList(subject, namespace, endsAt));
        }
      };
      await Promise.all(Array.from({ length: PARALLEL_LISTS }, ask));
    }
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
    const any: ResourceAttributes = { verb, resource: 'deployments', subresource: 'scale', namespace };
    const decision = this.#authorizer.allows(subject, any);
    if (decision === true) return true;
    const endsAt = performance.now() + REVIEW_DEADLINE_MS;
    const one = () => this.#authorizer.allows(subject, { ...any, name }, endsAt);
    return decision === false ? one() : decision.then((allowed) => allowed || one());
  }
}
