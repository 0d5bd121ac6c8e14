import type { InformerStore } from '../../kube/reflector/informer.ts';
import type { Autoscaler } from './autoscaler.ts';

const NONE: readonly Autoscaler[] = [];

/** The autoscalers of one kind in one namespace. */
class NamespaceEntry {
  readonly byName = new Map<string, Autoscaler>();
  /** By the Deployment that they target, sorted by name. No list is empty. */
  readonly byDeployment = new Map<string, readonly Autoscaler[]>();

  set(autoscaler: Autoscaler): void {
    this.delete(autoscaler.name);
    this.byName.set(autoscaler.name, autoscaler);
    const { deployment } = autoscaler;
    if (deployment === undefined) return;
    const others = this.byDeployment.get(deployment);
    const all = others === undefined ? [autoscaler] : [...others, autoscaler].sort(byName);
    this.byDeployment.set(deployment, all);
  }

  delete(name: string): void {
    const deployment = this.byName.get(name)?.deployment;
    this.byName.delete(name);
    if (deployment === undefined) return;
    const others =
      this.byDeployment.get(deployment)?.filter((autoscaler) => autoscaler.name !== name) ?? NONE;
    if (others.length === 0) this.byDeployment.delete(deployment);
    else this.byDeployment.set(deployment, others);
  }
}

const byName = (a: Autoscaler, b: Autoscaler) => (a.name < b.name ? -1 : 1);

/** The autoscalers of one kind in memory, by namespace and name, and by the Deployment that they target. */
export class AutoscalerStore {
  #namespaces = new Map<string, NamespaceEntry>();
  readonly #changed: () => void;

  /** @param changed called after every change */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** The autoscalers that target this Deployment, by name. */
  of(namespace: string, deployment: string): readonly Autoscaler[] {
    return this.#namespaces.get(namespace)?.byDeployment.get(deployment) ?? NONE;
  }

  /** The part of the store that one informer fills: one namespace, or all namespaces. */
  scope(namespace: string | undefined): InformerStore<Autoscaler> {
    return {
      get: (ns, name) => this.#namespaces.get(ns)?.byName.get(name),
      values: () => this.#values(namespace),
      upsert: (autoscaler) => {
        entryOf(this.#namespaces, autoscaler.namespace).set(autoscaler);
        this.#changed();
      },
      remove: (autoscaler) => this.#remove(autoscaler),
      replace: (autoscalers) => this.#replace(autoscalers, namespace),
    };
  }

  *#values(namespace: string | undefined): Generator<Autoscaler> {
    for (const [name, { byName }] of this.#namespaces) {
      if (namespace === undefined || namespace === name) yield* byName.values();
    }
  }

  #remove({ namespace, name }: Autoscaler): void {
    const entry = this.#namespaces.get(namespace);
    entry?.delete(name);
    if (entry?.byName.size === 0) this.#namespaces.delete(namespace);
    this.#changed();
  }

  /** Builds the new state separately and swaps it in with one assignment. */
  #replace(autoscalers: readonly Autoscaler[], namespace: string | undefined): void {
    const next = new Map<string, NamespaceEntry>(namespace === undefined ? [] : this.#namespaces);
    if (namespace !== undefined) next.delete(namespace);
    for (const autoscaler of autoscalers) entryOf(next, autoscaler.namespace).set(autoscaler);
    this.#namespaces = next;
    this.#changed();
  }
}

function entryOf(namespaces: Map<string, NamespaceEntry>, namespace: string): NamespaceEntry {
  let entry = namespaces.get(namespace);
  if (entry === undefined) {
    entry = new NamespaceEntry();
    namespaces.set(namespace, entry);
  }
  return entry;
}
