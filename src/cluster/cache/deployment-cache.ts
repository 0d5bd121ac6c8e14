import { LRUCache } from 'lru-cache';
import type { InformerStore } from '../../kube/reflector/informer.ts';
import type { Deployment } from '../deployment.ts';
import type { LabelSelector } from '../labels/label-selector.ts';
import { sameLabels } from '../labels/labels.ts';

const START = Buffer.from('{"deployments":[');
const END = Buffer.from(']}');
const COMMA = Buffer.from(',');

/** The Deployments of one namespace, with its prebuilt list. */
class NamespaceEntry {
  /** Orders lists by whole names, so it ends in the slash: "a-b/x" comes before "a/x". */
  readonly prefix: string;
  readonly deployments = new Map<string, Deployment>();
  #answer: Buffer | undefined;
  #sortedNames: readonly string[] | undefined;

  constructor(namespace: string) {
    this.prefix = `${namespace}/`;
  }

  /** The list answer of this namespace alone; kept until a Deployment is added or removed. */
  get answer(): Buffer {
    this.#answer ??= listAnswer(this.#names());
    return this.#answer;
  }

  /** `"ns/a","ns/b"`, sorted: a part of the answer, and of the answers of several namespaces. */
  get names(): Buffer {
    return this.answer.subarray(START.length, -END.length);
  }

  /** The Deployments, sorted by name. */
  sorted(): Deployment[] {
    return this.#inOrder().flatMap((name) => this.deployments.get(name) ?? []);
  }

  set(deployment: Deployment): void {
    if (!this.deployments.has(deployment.name)) this.#forget();
    this.deployments.set(deployment.name, deployment);
  }

  delete(name: string): void {
    if (this.deployments.delete(name)) this.#forget();
  }

  #forget(): void {
    this.#answer = undefined;
    this.#sortedNames = undefined;
  }

  /** The names, sorted; kept until a Deployment is added or removed. */
  #inOrder(): readonly string[] {
    this.#sortedNames ??= [...this.deployments.keys()].sort();
    return this.#sortedNames;
  }

  #names(): string {
    return this.#inOrder()
      .map((name) => JSON.stringify(this.prefix + name))
      .join();
  }
}

/** How many lists of several, but not all, namespaces are kept until a Deployment is added or removed. */
const MAX_LISTS = 8;
const NO_DEPLOYMENTS = listAnswer('');

/**
 * The Deployments of a cluster in memory, by namespace and name. Reads need nothing else. The answer to a list is
 * prebuilt. A change rebuilds the names of its own namespace only; longer lists are joined from the bytes of each.
 */
export class DeploymentCache {
  #namespaces = new Map<string, NamespaceEntry>();
  /** All namespaces in the order of the whole list; undefined: one was added or removed. */
  #inOrder: readonly NamespaceEntry[] | undefined;
  #wholeList: Buffer | undefined;
  readonly #lists = new LRUCache<string, Buffer>({ max: MAX_LISTS });
  #labelsVersion = 0;

  get(namespace: string, name: string): Deployment | undefined {
    return this.#namespaces.get(namespace)?.deployments.get(name);
  }

  /** How many Deployments it holds. */
  get size(): number {
    let size = 0;
    for (const entry of this.#namespaces.values()) size += entry.deployments.size;
    return size;
  }

  /** How many Deployments are so. */
  count(isSo: (deployment: Deployment) => boolean): number {
    let count = 0;
    for (const { deployments } of this.#namespaces.values())
      for (const deployment of deployments.values()) if (isSo(deployment)) count += 1;
    return count;
  }

  /** Another one as soon as a Deployment is added, removed or gets other labels. */
  get labelsVersion(): number {
    return this.#labelsVersion;
  }

  /** The namespaces that hold Deployments. */
  get namespaces(): string[] {
    return [...this.#namespaces.keys()];
  }

  /** The Deployments of these namespaces, in the order of `listAnswer`; undefined: of all. */
  select(namespaces: readonly string[] | undefined): readonly Deployment[] {
    return this.#entries(namespaces).flatMap((entry) => entry.sorted());
  }

  /**
   * The JSON answer `{"deployments":["namespace/name", ...]}`, sorted, of these namespaces; undefined: of all. Requests
   * for the same list share a buffer. Otherwise slow clients, and many clients at once, would hold a copy each.
   */
  listAnswer(namespaces?: readonly string[]): Buffer {
    if (namespaces === undefined) {
      this.#wholeList ??= joined(this.#entries(undefined));
      return this.#wholeList;
    }
    const [namespace, another] = namespaces;
    if (namespace !== undefined && another === undefined)
      return this.#namespaces.get(namespace)?.answer ?? NO_DEPLOYMENTS;
    const key = namespaces.join();
    const known = this.#lists.get(key);
    if (known !== undefined) return known;
    const answer = joined(this.#entries(namespaces));
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

  /** These namespaces, or all, as far as they hold Deployments, in the order of the list. */
  #entries(namespaces: readonly string[] | undefined): readonly NamespaceEntry[] {
    if (namespaces !== undefined)
      return inOrder(namespaces.flatMap((name) => this.#namespaces.get(name) ?? []));
    this.#inOrder ??= inOrder([...this.#namespaces.values()]);
    return this.#inOrder;
  }

  #forgetLists(): void {
    this.#wholeList = undefined;
    this.#lists.clear();
    this.#labelsVersion += 1;
  }

  *#values(namespace?: string): Generator<Deployment> {
    for (const [name, entry] of this.#namespaces) {
      if (namespace === undefined || namespace === name) yield* entry.deployments.values();
    }
  }

  #upsert(deployment: Deployment): void {
    const { namespace, name } = deployment;
    if (!this.#namespaces.has(namespace)) this.#inOrder = undefined;
    const entry = entryOf(this.#namespaces, namespace);
    const previous = entry.deployments.get(name);
    if (previous === undefined) this.#forgetLists();
    else if (!sameLabels(previous.labels, deployment.labels)) this.#labelsVersion += 1;
    entry.set(deployment);
  }

  #remove({ namespace, name }: Deployment): void {
    const entry = this.#namespaces.get(namespace);
    entry?.delete(name);
    if (entry?.deployments.size === 0) {
      this.#namespaces.delete(namespace);
      this.#inOrder = undefined;
    }
    this.#forgetLists();
  }

  /** Builds the new state separately and swaps it in with one assignment. */
  #replace(deployments: readonly Deployment[], namespace?: string): void {
    const next = new Map<string, NamespaceEntry>(namespace === undefined ? [] : this.#namespaces);
    if (namespace !== undefined) next.delete(namespace);
    for (const deployment of deployments) entryOf(next, deployment.namespace).set(deployment);
    this.#namespaces = next;
    this.#inOrder = undefined;
    this.#forgetLists();
  }
}

/** Tells the lists of these namespaces, undefined: of all, and of a selector from others. */
export function listKey(
  namespaces: readonly string[] | undefined,
  selector: LabelSelector | undefined,
): string {
  // Names of namespaces contain neither "*" nor spaces.
  return `${namespaces?.join() ?? '*'} ${selector?.text ?? ''}`;
}

function entryOf(namespaces: Map<string, NamespaceEntry>, namespace: string): NamespaceEntry {
  let entry = namespaces.get(namespace);
  if (entry === undefined) {
    entry = new NamespaceEntry(namespace);
    namespaces.set(namespace, entry);
  }
  return entry;
}

function inOrder(entries: readonly NamespaceEntry[]): NamespaceEntry[] {
  return entries.toSorted((a, b) => (a.prefix < b.prefix ? -1 : 1));
}

/** The list answer of these namespaces, none of which is empty. */
function joined(entries: readonly NamespaceEntry[]): Buffer {
  const parts = entries.flatMap(({ names }) => [COMMA, names]);
  return Buffer.concat([START, ...parts.slice(1), END]);
}

/** The JSON answer to a list. @param names JSON strings, separated by commas */
export function listAnswer(names: string): Buffer {
  const text = `{"deployments":[${names}]}`;
  // Not from the pool, of which a kept answer would keep 8 KiB.
  const answer = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  answer.write(text);
  return answer;
}
