import type { Authorizer, ResourceAttributes, Subject } from './authorizer.ts';
import { AuthorizerUnavailableError } from './errors.ts';

const PARALLEL_LISTS = 4;
/** For all the reviews of one list. */
const LIST_DEADLINE_MS = 5_000;

/** What each operation of the service asks of the cluster's RBAC. */
export class Access {
  readonly #authorizer: Authorizer;

  constructor(authorizer: Authorizer) {
    this.#authorizer = authorizer;
  }

  /** Whether the subject may read the count of this Deployment. @throws AuthorizerUnavailableError */
  mayRead(subject: Subject, namespace: string, name: string): boolean | Promise<boolean> {
    return this.#onScale(subject, 'get', namespace, name);
  }

  /** Whether the subject may set it. @throws AuthorizerUnavailableError */
  mayScale(subject: Subject, namespace: string, name: string): boolean | Promise<boolean> {
    return this.#onScale(subject, 'patch', namespace, name);
  }

  /** Whether the subject may list the Deployments of a namespace, or of all. @throws AuthorizerUnavailableError */
  mayList(subject: Subject, namespace: string | undefined): boolean | Promise<boolean> {
    const everywhere: ResourceAttributes = { verb: 'list', resource: 'deployments' };
    return this.#authorizer.allows(
      subject,
      namespace === undefined ? everywhere : { ...everywhere, namespace },
    );
  }

  /**
   * Those of the namespaces whose Deployments the subject may list, in the same order.
   * @throws AuthorizerUnavailableError, also when the reviews take too long all together
   */
  async listable(subject: Subject, namespaces: readonly string[]): Promise<readonly string[]> {
    const endsAt = performance.now() + LIST_DEADLINE_MS;
    const decisions = new Array<boolean>(namespaces.length);
    let next = 0;
    const ask = async () => {
      for (let index = next++; index < namespaces.length; index = next++) {
        if (performance.now() > endsAt)
          throw new AuthorizerUnavailableError('the reviews of a list take too long');
        decisions[index] = await this.mayList(subject, namespaces[index]);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL_LISTS }, ask));
    return namespaces.filter((_namespace, index) => decisions[index]);
  }

  /** Asked for the namespace first, whose answer serves all its Deployments, then for the one name (resourceNames). */
  #onScale(
    subject: Subject,
    verb: 'get' | 'patch',
    namespace: string,
    name: string,
  ): boolean | Promise<boolean> {
    const any: ResourceAttributes = { verb, resource: 'deployments', subresource: 'scale', namespace };
    const one = () => this.#authorizer.allows(subject, { ...any, name });
    const decision = this.#authorizer.allows(subject, any);
    if (decision === true) return true;
    return decision === false ? one() : decision.then((allowed) => allowed || one());
  }
}
