import { isDeepStrictEqual } from 'node:util';
import type { ApiServerIdentity } from '../kube/kubeconfig/kubeconfig.ts';

/** The configuration of one cluster: where it is, and how to log in. */
export interface ClusterSpec {
  readonly name: string;
  /** Path of its kubeconfig, or several separated by the path delimiter; undefined: the service account of the pod. */
  readonly kubeconfig: string | undefined;
  /** The context to use in it; undefined: the current one. */
  readonly contextName: string | undefined;
  /** The namespaces to watch; empty: all. */
  readonly namespaces: readonly string[];
  /**
   * Its API server; undefined if the kubeconfig could not be read. A spec with another API server is another cluster.
   */
  readonly server: ApiServerIdentity | undefined;
}

/** What a fleet needs of its clusters. */
export interface FleetMember {
  /** Whether it could be served once. It stays true in outages. */
  readonly wasReady: boolean;
  start(): void;
  stop(): Promise<void>;
}

/** Which clusters must have been ready once before the fleet is ready. */
export type ReadyPolicy = 'default' | 'any' | 'all';

export interface FleetOptions<C extends FleetMember> {
  /** At least one; the first is the default. */
  readonly specs: readonly ClusterSpec[];
  readonly create: (spec: ClusterSpec) => C;
  readonly readyPolicy: ReadyPolicy;
}

/** The names of the clusters that an update changed. */
export interface FleetChange {
  readonly added: readonly string[];
  readonly replaced: readonly string[];
  readonly removed: readonly string[];
}

/** The clusters that the service serves. Adding, changing or removing one does not affect the others. */
export class Fleet<C extends FleetMember> {
  readonly #options: FleetOptions<C>;
  #members: ReadonlyMap<string, { readonly spec: ClusterSpec; readonly cluster: C }> = new Map();
  #default: C;
  #defaultHasChanged = false;
  #started = false;
  #ready = false;
  readonly #stopping = new Set<Promise<void>>();
  readonly #listeners = new Set<() => void>();

  constructor(options: FleetOptions<C>) {
    this.#options = options;
    this.#default = this.#adopt(options.specs).first;
  }

  /** The first cluster, which paths without a cluster use. */
  get default(): C {
    return this.#default;
  }

  /** Whether another cluster has been the default since the start: what clients know of it may be of that one. */
  get defaultHasChanged(): boolean {
    return this.#defaultHasChanged;
  }

  get(name: string): C | undefined {
    return this.#members.get(name)?.cluster;
  }

  /** All clusters with their names, the default one first. */
  get clusters(): readonly (readonly [name: string, cluster: C])[] {
    return [...this.#members].map(([name, { cluster }]) => [name, cluster] as const);
  }

  /** Whether the clusters that the policy requires have been ready. Once true it stays true. */
  get ready(): boolean {
    this.#ready ||= this.#isReady();
    return this.#ready;
  }

  /** Does not wait for any cluster. */
  start(): void {
    this.#started = true;
    for (const [, cluster] of this.clusters) cluster.start();
  }

  /** Once this resolves, no cluster is running. Clusters of later updates are not started. */
  async stop(): Promise<void> {
    this.#started = false;
    for (const [, cluster] of this.clusters) this.#retire(cluster);
    await Promise.all(this.#stopping);
  }

  /** Subscribes to changes of the clusters, and of which is the default. Returns the function that ends the subscription. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Adopts new specs. Clusters whose spec has not changed keep running. */
  update(specs: readonly ClusterSpec[]): FleetChange {
    const before = this.#members;
    const { first, created } = this.#adopt(specs);
    const hasOtherDefault = first !== this.#default;
    this.#default = first;
    this.#defaultHasChanged ||= hasOtherDefault;
    const gone = [...before.keys()].filter((name) => this.get(name) !== before.get(name)?.cluster);
    for (const name of gone) {
      const cluster = before.get(name)?.cluster;
      if (cluster !== undefined) this.#retire(cluster);
    }
    if (this.#started) for (const name of created) this.get(name)?.start();
    if (created.length > 0 || gone.length > 0 || hasOtherDefault)
      for (const listener of this.#listeners) listener();
    return {
      added: created.filter((name) => !before.has(name)),
      replaced: gone.filter((name) => this.#members.has(name)),
      removed: gone.filter((name) => !this.#members.has(name)),
    };
  }

  #adopt(specs: readonly ClusterSpec[]): { first: C; created: string[] } {
    const created: string[] = [];
    const members = specs.map((spec) => {
      const known = this.#members.get(spec.name);
      if (known !== undefined && isDeepStrictEqual(known.spec, spec)) return [spec.name, known] as const;
      created.push(spec.name);
      return [spec.name, { spec, cluster: this.#options.create(spec) }] as const;
    });
    const [first] = members;
    if (first === undefined) throw new Error('a fleet needs at least one cluster');
    this.#members = new Map(members);
    return { first: first[1].cluster, created };
  }

  /** Stops a cluster that is no longer served. Its running requests end with an error. */
  #retire(cluster: C): void {
    const stopping = cluster.stop().finally(() => this.#stopping.delete(stopping));
    this.#stopping.add(stopping);
  }

  #isReady(): boolean {
    if (this.#options.readyPolicy === 'default') return this.#default.wasReady;
    const clusters = this.clusters.map(([, cluster]) => cluster);
    return this.#options.readyPolicy === 'any'
      ? clusters.some(({ wasReady }) => wasReady)
      : clusters.every(({ wasReady }) => wasReady);
  }
}
