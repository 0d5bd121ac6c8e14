import { KubeStatusError } from '../../kube/kube-errors.ts';
import type { Informer } from '../../kube/reflector/informer.ts';
import type { KubeObject, ReflectorStats } from '../../kube/reflector/reflector.ts';
import { CacheRefusedError, NamespaceNotWatchedError, NotSyncedError } from '../cluster-errors.ts';

/** The state of the mirror of one namespace, or of all; for metrics. */
export interface Mirrored {
  /** The plural name of what is mirrored, for example `deployments`. */
  readonly resource: string;
  /** undefined: all. */
  readonly namespace: string | undefined;
  readonly synced: boolean;
  /** Milliseconds since the API server confirmed the state; undefined before the first list. */
  readonly ageMs: number | undefined;
  readonly stats: ReflectorStats;
}

/** The informers that answer a read, all of them synced, and the watched namespaces that cannot be answered. */
export interface Informers<T extends KubeObject> {
  readonly informers: readonly Informer<T>[];
  readonly unavailable: readonly string[];
}

const NONE: readonly string[] = [];

/** The informers of one cluster: a single one for all namespaces, or one per watched namespace. */
export class InformerSet<T extends KubeObject> {
  /** By namespace; a single entry `undefined` for all namespaces. */
  readonly #informers: ReadonlyMap<string | undefined, Informer<T>>;
  readonly #resource: string;
  readonly all: readonly Informer<T>[];

  /**
   * @param resource the plural name of what they mirror
   * @param namespaces empty: all
   */
  constructor(
    resource: string,
    namespaces: readonly string[],
    create: (namespace: string | undefined) => Informer<T>,
  ) {
    this.#resource = resource;
    const scopes = namespaces.length === 0 ? [undefined] : namespaces;
    this.#informers = new Map(scopes.map((namespace) => [namespace, create(namespace)]));
    this.all = [...this.#informers.values()];
  }

  start(): void {
    for (const informer of this.all) informer.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map((informer) => informer.stop()));
  }

  /**
   * Whether the informers have been filled once. It stays true during outages. A namespace that the account of the
   * service may not list does not keep the others from being served.
   */
  get synced(): boolean {
    return (
      this.all.some(({ reflector }) => reflector.synced) &&
      this.all.every(({ reflector }) => reflector.synced || reflector.refused)
    );
  }

  /** Ends the pauses of those that wait before they try again. */
  retryNow(): void {
    for (const { reflector } of this.all) reflector.retryNow();
  }

  /** Why an informer fails to list or watch; undefined: none does. */
  get failure(): Error | undefined {
    const { synced } = this;
    const isWorking = this.all.some(({ reflector }) => reflector.synced && reflector.lastError === undefined);
    // A namespace that the account may not list, or no longer, is not an outage if other namespaces are read.
    const failing = this.all.find(
      ({ reflector: { failure, refused } }) =>
        failure !== undefined && !(synced && refused) && !(isWorking && isForbidden(failure)),
    );
    return failing?.reflector.failure;
  }

  get mirrors(): readonly Mirrored[] {
    return [...this.#informers].map(([namespace, { reflector }]) => {
      const { synced, lastContactAt, stats } = reflector;
      const ageMs = lastContactAt === undefined ? undefined : performance.now() - lastContactAt;
      return { resource: this.#resource, namespace, synced, ageMs, stats };
    });
  }

  /** When any watch last heard from the API server, on the clock of performance.now(). */
  get lastContactAt(): number {
    return Math.max(...this.all.map(({ reflector }) => reflector.lastContactAt ?? Number.NEGATIVE_INFINITY));
  }

  /** The informer that holds this namespace. @throws NamespaceNotWatchedError */
  of(namespace: string): Informer<T> {
    const informer = this.#informers.get(namespace) ?? this.#informers.get(undefined);
    if (informer === undefined) throw new NamespaceNotWatchedError(namespace);
    return informer;
  }

  /** As `of`, but only if it has been filled. @throws NamespaceNotWatchedError, NotSyncedError or CacheRefusedError */
  syncedOf(namespace: string): Informer<T> {
    const informer = this.of(namespace);
    requireSynced(informer, namespace);
    return informer;
  }

  /** The informers that answer a list of a namespace, or of all. @throws as syncedOf */
  answering(namespace: string | undefined): Informers<T> {
    if (namespace !== undefined) return { informers: [this.syncedOf(namespace)], unavailable: NONE };
    const informers = this.available;
    if (informers.length === 0) throw new CacheRefusedError(undefined);
    for (const informer of informers) requireSynced(informer, undefined);
    return { informers, unavailable: this.refused };
  }

  /** The watched namespaces that the account of the service may not list. */
  get refused(): readonly string[] {
    const refused: string[] = [];
    for (const [namespace, { reflector }] of this.#informers) {
      if (namespace !== undefined && reflector.refused) refused.push(namespace);
    }
    return refused;
  }

  /** A namespace that the account may list, as far as is known; undefined: all. */
  get readableScope(): string | undefined {
    const readable = [...this.#informers].find(([, { reflector }]) => !isForbidden(reflector.lastError));
    return (readable ?? [this.availableScopes[0]])[0];
  }

  /** The informers whose list and watch the API server has not refused. */
  get available(): readonly Informer<T>[] {
    return this.all.filter(({ reflector }) => !reflector.refused);
  }

  /** The namespaces of these informers, which a direct read can list instead; `undefined` stands for all namespaces. */
  get availableScopes(): readonly (string | undefined)[] {
    return [...this.#informers].filter(([, { reflector }]) => !reflector.refused).map(([scope]) => scope);
  }
}

function isForbidden(error: Error | undefined): boolean {
  return error instanceof KubeStatusError && error.status === 403;
}

function requireSynced<T extends KubeObject>(
  { reflector }: Informer<T>,
  namespace: string | undefined,
): void {
  if (reflector.synced) return;
  throw reflector.refused ? new CacheRefusedError(namespace) : new NotSyncedError();
}
