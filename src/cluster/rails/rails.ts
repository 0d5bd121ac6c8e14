import type { Deployment } from '../deployment.ts';
import type { Rail, RailRule, RailRules } from './rule.ts';
import { refusalOf } from './verdict.ts';

/** The rails of one cluster: the rules that are for it, and the annotations of its Deployments. All of them must admit a change. */
export class Rails {
  readonly #cluster: string;
  readonly #rules: RailRules;

  constructor(cluster: string, rules: RailRules) {
    this.#cluster = cluster;
    this.#rules = rules;
  }

  /** All that limits the count of a Deployment in this state: rules in their order, then annotations. */
  on({ namespace, labels, rails }: Deployment): readonly Rail[] {
    const rules = this.#rulesIn(namespace).filter(({ selector }) => selector?.matches(labels) ?? true);
    return [...rules.map((rule) => ({ ...rule, from: `rule ${rule.name}` })), ...rails];
  }

  /**
   * Why a count is refused; undefined: it is not.
   * @param present the count to assume before the change
   */
  refusal(deployment: Deployment, replicas: number, present = deployment.replicas): string | undefined {
    return refusalOf(this.on(deployment), replicas, present);
  }

  /**
   * Whether the state that the API server has may make another refusal of a count than the state that the cache has.
   * @param cached undefined: the cache does not hold the Deployment
   */
  dependOnState(namespace: string, cached: Deployment | undefined, replicas: number): boolean {
    // The cache does not tell whether there are annotations.
    if (cached === undefined || cached.rails.length > 0) return true;
    const rules = this.#rulesIn(namespace);
    // The present count is admitted whatever it is, and it may be another one by now.
    if (cached.replicas === replicas) return rules.length > 0;
    return rules.some(({ selector, maxStep }) => selector !== undefined || maxStep !== undefined);
  }

  #rulesIn(namespace: string): readonly RailRule[] {
    return this.#rules.current.filter(
      ({ clusters, namespaces }) => isFor(clusters, this.#cluster) && isFor(namespaces, namespace),
    );
  }
}

function isFor(names: readonly string[], name: string): boolean {
  return names.length === 0 || names.includes(name);
}
