import { Access } from './access.ts';
import { alwaysAllow, ReviewAuthorizer } from './authorizer.ts';
import { kubeConfigLoader } from './credentials.ts';
import { type Deployment, entityTag, reduceDeployment } from './deployment.ts';
import { DeploymentCache, listAnswer } from './deployment-cache.ts';
import { DirectReader } from './direct-reader.ts';
import { CacheRefusedError, DeploymentError, NamespaceNotWatchedError, NotSyncedError } from './errors.ts';
import { EventRecorder } from './event-recorder.ts';
import { FRESHNESS_MS, type Freshness, isOlderThan, reach, unlessUnreachable } from './freshness.ts';
import { HealthCheck } from './health-check.ts';
import { Informer } from './informer.ts';
import { KubeClient } from './kube-client.ts';
import type { Logger } from './logger.ts';
import { deploymentsPath } from './paths.ts';
import type { ReflectorTiming } from './reflector.ts';
import { newestOf } from './resource-version.ts';
import { type Precondition, type ScaleResult, Scaler } from './scaler.ts';

export interface ClusterOptions {
  /** Path of a kubeconfig; undefined: the service account of the pod. */
  readonly kubeconfig: string | undefined;
  /** The namespaces to watch; empty: all, which needs the right to list and watch cluster-wide. */
  readonly namespaces: readonly string[];
  /** Who decides what callers may do: `SubjectAccessReview` the cluster's RBAC, `AlwaysAllow` nobody. */
  readonly authorization: 'SubjectAccessReview' | 'AlwaysAllow';
  readonly log: Logger;
  /** Other than in production; for tests. */
  readonly timing?: ReflectorTiming | undefined;
}

/** A write: what is asked for, and by whom. */
export interface ScaleRequest {
  readonly namespace: string;
  readonly deployment: string;
  readonly replicas: number;
  readonly user: string;
  readonly precondition?: Precondition | undefined;
}

/** What a read returns, and how old that is. */
export interface Reading<T> {
  readonly value: T;
  /** Milliseconds since the API server confirmed that this is its state. */
  readonly ageMs: number;
  /** Of the newest Deployment that was seen; empty where there was none yet. */
  readonly resourceVersion: string;
  /** For lists: watched namespaces whose Deployments the account of the service may not list. */
  readonly unavailable: readonly string[];
}

/** What a write returns. */
export interface ScaleReading extends ScaleResult {
  /** Of the state that the write produced; undefined where the cache has not seen it, or a later one already. */
  readonly entityTag: string | undefined;
}

type DeploymentInformer = Informer<Deployment>;

/** How long a write waits for the cache to hold it, so that a read that follows at once sees it. */
const READ_YOUR_WRITE_MS = 1_000;
const NONE: readonly string[] = [];

/** One Kubernetes cluster: its client, its cache, its scaler and its health. */
export class Cluster {
  readonly #client: KubeClient;
  readonly #cache = new DeploymentCache();
  /** By namespace; a single entry `undefined` for all namespaces. */
  readonly #informers: ReadonlyMap<string | undefined, DeploymentInformer>;
  readonly #direct: DirectReader;
  readonly #scaler: Scaler;
  readonly #health: HealthCheck;
  readonly #events: EventRecorder;
  /** What callers may do. */
  readonly access: Access;

  constructor({ kubeconfig, namespaces, authorization, log, timing }: ClusterOptions) {
    const api = new KubeClient(kubeConfigLoader(kubeconfig));
    const newInformer = (namespace: string | undefined) =>
      new Informer({
        api,
        path: deploymentsPath(namespace),
        reduce: reduceDeployment,
        store: this.#cache.scope(namespace),
        log,
        timing,
      });
    const scopes = namespaces.length === 0 ? [undefined] : namespaces;
    this.#client = api;
    this.#informers = new Map(scopes.map((namespace) => [namespace, newInformer(namespace)]));
    this.#direct = new DirectReader(api);
    this.#scaler = new Scaler(api);
    this.#events = new EventRecorder(api, log);
    this.access = new Access(authorization === 'AlwaysAllow' ? alwaysAllow : new ReviewAuthorizer(api));
    this.#health = new HealthCheck(() => this.#probe());
  }

  start(): void {
    for (const informer of this.#informers.values()) informer.start();
  }

  /** Once it resolves nothing is left running: no connection, no timer. */
  async stop(): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.stop()));
    await this.#client.close();
  }

  /**
   * Whether the cache has been filled once. It stays true through outages: the state gets old, not absent. A namespace
   * that the account of the service may not list does not keep the others from being served.
   */
  get synced(): boolean {
    const informers = [...this.#informers.values()];
    return (
      informers.some(({ reflector }) => reflector.synced) &&
      informers.every(({ reflector }) => reflector.synced || reflector.refused)
    );
  }

  /**
   * Reads one Deployment from the cache.
   * @throws NotSyncedError, CacheRefusedError, NamespaceNotWatchedError or DeploymentError
   */
  deployment(namespace: string, name: string): Reading<Deployment> {
    const informer = this.#informerOf(namespace);
    requireSynced(informer, namespace);
    const deployment = this.#cache.get(namespace, name);
    if (deployment === undefined) throw new DeploymentError('NOT_FOUND', namespace, name);
    return reading(deployment, [informer], NONE);
  }

  /**
   * Reads one Deployment, as fresh as is asked for: from the cache where that is new enough, else from the API server.
   * @throws FreshnessError where the freshness cannot be had, else as `deployment`
   */
  async freshDeployment(namespace: string, name: string, freshness: Freshness): Promise<Reading<Deployment>> {
    const endsAt = performance.now() + FRESHNESS_MS;
    const informer = this.#informerOf(namespace);
    await reach([informer], freshness);
    if (!isOlderThan(freshness, [informer])) return this.deployment(namespace, name);
    const { startedAt, value } = await unlessUnreachable(
      this.#direct.deployment(namespace, name, notBefore(freshness)),
      endsAt,
    );
    const { resourceVersion } = value;
    return { value, resourceVersion, ageMs: performance.now() - startedAt, unavailable: NONE };
  }

  /** The namespaces that hold Deployments, as far as the cache knows. */
  get namespaces(): readonly string[] {
    return this.#cache.namespaces;
  }

  /**
   * The JSON answer that lists the Deployments of a namespace, or of all, from the cache.
   * @param only where all are asked for: the namespaces to show, of those that there are
   * @throws NotSyncedError, CacheRefusedError or NamespaceNotWatchedError
   */
  list(namespace?: string, only?: readonly string[]): Reading<Buffer> {
    const { informers, unavailable } = this.#informersFor(namespace);
    const shown = namespace === undefined ? only : [namespace];
    return reading(this.#cache.listAnswer(shown), informers, unavailable);
  }

  /**
   * The same, as fresh as is asked for.
   * @throws FreshnessError where the freshness cannot be had, else as `list`
   */
  async freshList(
    namespace: string | undefined,
    freshness: Freshness,
    only?: readonly string[],
  ): Promise<Reading<Buffer>> {
    const endsAt = performance.now() + FRESHNESS_MS;
    const wanted = namespace === undefined ? [...this.#informers.values()] : [this.#informerOf(namespace)];
    await reach(wanted, freshness);
    const available = wanted.filter(({ reflector }) => !reflector.refused);
    if (!isOlderThan(freshness, available)) return this.list(namespace, only);
    const scopes = namespace === undefined ? this.#scopesOf(available) : [namespace];
    const { startedAt, value } = await unlessUnreachable(
      this.#direct.names(scopes, notBefore(freshness)),
      endsAt,
    );
    const shown = only && new Set(only);
    const names = value.names.filter((name) => shown?.has(name.slice(0, name.indexOf('/'))) ?? true);
    return {
      value: listAnswer(names.map((name) => JSON.stringify(name)).join()),
      resourceVersion: value.resourceVersion,
      ageMs: performance.now() - startedAt,
      unavailable: namespace === undefined ? this.#refusedNamespaces() : NONE,
    };
  }

  /**
   * Sets a replica count, and returns once the cache holds the change or 1 s after the API server made it.
   * @throws NamespaceNotWatchedError, DeploymentError or KubeError
   */
  async scale({ namespace, deployment, replicas, user, precondition }: ScaleRequest): Promise<ScaleReading> {
    const informer = this.#informerOf(namespace);
    const from = this.replicasOf(namespace, deployment);
    const result = await this.#scaler.scale(namespace, deployment, replicas, precondition);
    this.#events.scaled({ namespace, deployment, user, from, result });
    await informer.waitFor(result.resourceVersion, READ_YOUR_WRITE_MS);
    const cached = this.#cache.get(namespace, deployment);
    const current = cached?.resourceVersion === result.resourceVersion ? cached : undefined;
    return { ...result, entityTag: current && entityTag(current) };
  }

  /** The count of a Deployment as the cache knows it, if it does. */
  replicasOf(namespace: string, deployment: string): number | undefined {
    return this.#cache.get(namespace, deployment)?.replicas;
  }

  /**
   * Resolves when contact with the API server is verified, by the watch or by a probe.
   * @throws KubeError when it is not
   */
  checkHealth(): Promise<void> {
    const contacts = [...this.#informers.values()].map(
      ({ reflector }) => reflector.lastContactAt ?? -Infinity,
    );
    return this.#health.check(Math.max(...contacts));
  }

  #informerOf(namespace: string): DeploymentInformer {
    const informer = this.#informers.get(namespace) ?? this.#informers.get(undefined);
    if (informer === undefined) throw new NamespaceNotWatchedError(namespace);
    return informer;
  }

  /** The informers that answer a list, all synced, and the namespaces whose informers cannot. */
  #informersFor(namespace: string | undefined): {
    informers: DeploymentInformer[];
    unavailable: readonly string[];
  } {
    if (namespace !== undefined) {
      const informer = this.#informerOf(namespace);
      requireSynced(informer, namespace);
      return { informers: [informer], unavailable: NONE };
    }
    const unavailable = this.#refusedNamespaces();
    const informers = this.#available();
    if (informers.length === 0) throw new CacheRefusedError(undefined);
    for (const informer of informers) requireSynced(informer, undefined);
    return { informers, unavailable };
  }

  /** The informers of what the account of the service may list, as far as is known. */
  #available(): DeploymentInformer[] {
    return [...this.#informers.values()].filter(({ reflector }) => !reflector.refused);
  }

  #refusedNamespaces(): readonly string[] {
    const refused: string[] = [];
    for (const [namespace, { reflector }] of this.#informers) {
      if (namespace !== undefined && reflector.refused) refused.push(namespace);
    }
    return refused;
  }

  #scopesOf(informers: readonly DeploymentInformer[]): (string | undefined)[] {
    return [...this.#informers]
      .filter(([, informer]) => informers.includes(informer))
      .map(([scope]) => scope);
  }

  /**
   * A read that the API server must answer from its storage: `/version` is answered with etcd down too. One that the
   * account of the service may make, where there is any.
   */
  async #probe(): Promise<void> {
    const [namespace] = this.#scopesOf(this.#available());
    await this.#client.call({ path: deploymentsPath(namespace), query: { limit: 1 }, deadlineMs: 2_000 });
  }
}

function requireSynced({ reflector }: DeploymentInformer, namespace: string | undefined): void {
  if (reflector.synced) return;
  throw reflector.refused ? new CacheRefusedError(namespace) : new NotSyncedError();
}

/** What these informers' caches hold is as old as the oldest of them. */
function reading<T>(
  value: T,
  informers: readonly DeploymentInformer[],
  unavailable: readonly string[],
): Reading<T> {
  let contact = Number.POSITIVE_INFINITY;
  let resourceVersion = '';
  for (const { reflector } of informers) {
    contact = Math.min(contact, reflector.lastContactAt ?? Number.NEGATIVE_INFINITY);
    resourceVersion = newestOf(resourceVersion, reflector.newestObject);
  }
  return { value, resourceVersion, ageMs: performance.now() - contact, unavailable };
}

/** The earliest begin of a direct read that is fresh enough. */
function notBefore({ maxAgeSeconds = 0 }: Freshness): number {
  return performance.now() - maxAgeSeconds * 1000;
}
