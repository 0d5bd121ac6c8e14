import { LRUCache } from 'lru-cache';
import type { InformerStore } from '../../kube/reflector/informer.ts';
import type { Deployment } from '../deployment.ts';

/** The Deployments of one namespace, with the prebuilt parts of list answers. */
class NamespaceEntry {
  readonly deployments = new Map<string, Deployment>();
  #names: string | undefined;
  #answer: Buffer | undefined;

  /** `"ns/a","ns/b"`, sorted; kept until a Deployment is added or removed. */
  get names(): string {
    this.#names ??= [...this.deployments.values()]
      .map(({ namespace, name }) => `${namespace}/${name}`)
      .sort()
      .map((name) => JSON.stringify(name))
      .join();
    return this.#names;
  }

  /** The list answer of this namespace alone; kept until a Deployment is added or removed. */
  get answer(): Buffer {
    this.#answer ??= listAnswer(this.names);
    return this.#answer;
  }

  set(deployment: Deployment): void {
    if (!this.deployments.has(deployment.name)) this.#changed();
    this.deployments.set(deployment.name, deployment);
  }

  delete(name: string): void {
    if (this.deployments.delete(name)) this.#changed();
  }

  #changed(): void {
    this.#names = undefined;
    this.#answer = undefined;
  }
}

/** How many lists of several, but not all, namespaces are kept until a Deployment is added or removed. */
const MAX_LISTS = 8;
const NO_DEPLOYMENTS = listAnswer('');

/**
 * The Deployments of a cluster in memory, by namespace and name. Reads need nothing else. The answer to a list is
 * prebuilt, and a change rebuilds the names of its own namespace only.
 */
export class DeploymentCache {
  #namespaces = new Map<string, NamespaceEntry>();
  #wholeList: Buffer | undefined;
  readonly #lists = new LRUCache<string, Buffer>({ max: MAX_LISTS });

  get(namespace: string, name: string): Deployment | undefined {
    return this.#namespaces.get(namespace)?.deployments.get(name);
  }

  /** How many Deployments it holds. */
  get size(): number {
    let size = 0;
    for (const entry of this.#namespaces.values()) size += entry.deployments.size;
    return size;
  }

  /** The namespaces that hold Deployments. */
  get namespaces(): string[] {
    return [...this.#namespaces.keys()];
  }

  /**
   * The JSON answer `{"deployments":["namespace/name", ...]}`, sorted, of these namespaces; undefined: of all. Requests
   * for the same list share a buffer. Otherwise slow clients, and many clients at once, would hold a copy each.
   */
  listAnswer(namespaces?: readonly string[]): Buffer {
    if (namespaces === undefined) {
      this.#wholeList ??= this.#buildAnswer(this.namespaces);
      return this.#wholeList;
    }
    const [namespace, another] = namespaces;
    if (namespace !== undefined && another === undefined)
      return this.#namespaces.get(namespace)?.answer ?? NO_DEPLOYMENTS;
    const key = namespaces.join();
    const known = this.#lists.get(key);
    if (known !== undefined) return known;
    const answer = this.#buildAnswer(namespaces);
    this.#lists.set(key, answer);
    return answer;
  }

  /** The part of the cache that one informer fills: one namespace, or all namespaces. */
  scope(namespace?: string): InformerStore<Deployment> {
    return {
      get: (ns, name) => this.get(ns, name),
      values: () => this.#values(namespace),
      upsert: (deployment) => this.#upsert(deployment),
      remove: (deployment) => this.#remove(deployment),
      replace: (deployments) => this.#replace(deployments, namespace),
    };
  }

  #buildAnswer(namespaces: readonly string[]): Buffer {
    return listAnswer(
      namespaces
        .map((name) => ({ prefix: `${name}/`, names: this.#namespaces.get(name)?.names ?? '' }))
        .filter(({ names }) => names !== '')
        // Compare with the slash, as in a sort of the whole names: "a-b/x" comes before "a/x".
        .sort((a, b) => (a.prefix < b.prefix ? -1 : 1))
        .map(({ names }) => names)
        .join(),
    );
  }

  #forgetLists(): void {
    this.#wholeList = undefined;
    this.#lists.clear();
  }

  *#values(namespace?: string): Generator<Deployment> {
    for (const [name, entry] of this.#namespaces) {
      if (namespace === undefined || namespace === name) yield* entry.deployments.values();
    }
  }

  #upsert(deployment: Deployment): void {
    const entry = entryOf(this.#namespaces, deployment.namespace);
    if (!entry.deployments.has(deployment.name)) this.#forgetLists();
    entry.set(deployment);
  }

  #remove({ namespace, name }: Deployment): void {
    const entry = this.#namespaces.get(namespace);
    entry?.delete(name);
    if (entry?.deployments.size === 0) this.#namespaces.delete(namespace);
    this.#forgetLists();
  }

  /** Builds the new state separately and swaps it in with one assignment. */
  #replace(deployments: readonly Deployment[], namespace?: string): void {
    const next = new Map<string, NamespaceEntry>(namespace === undefined ? [] : this.#namespaces);
    if (namespace !== undefined) next.delete(namespace);
    for (const deployment of deployments) entryOf(next, deployment.namespace).set(deployment);
    this.#namespaces = next;
    this.#forgetLists();
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

/** The JSON answer to a list. @param names JSON strings, separated by commas */
export function listAnswer(names: string): Buffer {
  return Buffer.from(`{"deployments":[${names}]}`);
}
