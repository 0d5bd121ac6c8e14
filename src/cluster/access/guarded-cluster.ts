import { FRESHNESS_MS, type Freshness } from '../cache/freshness.ts';
import type { ListReading, Reading } from '../cache/reading.ts';
import {
  AccessDeniedError,
  CacheRefusedError,
  NotSyncedError,
  type RailError,
  type ReplicasManagedError,
} from '../cluster-errors.ts';
import type { ClusterFigures } from '../cluster-figures.ts';
import type { Deployment } from '../deployment.ts';
import type { EventHub } from '../events/event-hub.ts';
import { Feed } from '../events/feed.ts';
import type { ClusterState } from '../health/cluster-state.ts';
import type { LabelSelector } from '../labels/label-selector.ts';
import type { Forecast } from '../ownership/forecast.ts';
import type { Rail } from '../rails/rule.ts';
import type { ScaleRequest, ScaleResult } from '../scaler.ts';
import type { DeploymentChanges } from '../state/deployment-changes.ts';
import type { DeploymentState } from '../state/deployment-state.ts';
import type { WaitLimits, WaitTarget } from '../waits/rollout-waits.ts';
import { outcomeOfError, type WriteOutcome } from '../write-outcomes.ts';
import type { Access } from './access.ts';
import type { Subject } from './decisions.ts';
import type { AuthorizerState, ReviewOutcomes } from './review-outcomes.ts';

/** The result of a write. */
export interface ScaleReading extends ScaleResult {
  /** Identifies the state that the write produced; undefined if the cache holds an earlier or a later state. */
  readonly entityTag: string | undefined;
  /** The count right before the write; undefined if the watch did not show it in time. */
  readonly previous: number | undefined;
  /** What will happen to the count. */
  readonly forecasts: readonly Forecast[];
}

/** What to write, and how. */
export interface ScaleOrder extends Pick<ScaleRequest, 'replicas' | 'precondition' | 'dryRun' | 'turnMs'> {
  /** Whether to set the count even if somebody else will undo it. */
  readonly force?: boolean;
  /** The id of the batch that the write is of: its Event names it. */
  readonly batch?: string;
}

/** What a write would meet, as far as the cache knows. */
export interface Prospect {
  /** As the cache holds it. */
  readonly deployment: Deployment;
  /** All that would happen to the count. */
  readonly forecasts: readonly Forecast[];
  /** The rail that refuses the count; undefined: none does. */
  readonly rail: RailError | undefined;
  /** Why the count is refused without force; undefined: it is not. */
  readonly managed: ReplicasManagedError | undefined;
}

/** What limits the count of a Deployment, and what the caller may do with it. */
export interface DeploymentLimits {
  readonly reading: Reading<Deployment>;
  /** All of them hold. */
  readonly rails: readonly Rail[];
  readonly may: { readonly read: boolean; readonly scale: boolean };
}

/** Who made the present count of a Deployment what it is. */
export interface LastWriter {
  /** The user, if it was a write of this replica of the service; otherwise the field manager, or `unknown`. */
  readonly by: string;
  /** When the watch showed it, in seconds since 1970; undefined: that was before the start, or it is still to be seen. */
  readonly at: number | undefined;
}

/** The names of Deployments, just listed by the API server itself. */
export interface FreshNames {
  /** The namespaces that hold Deployments. */
  readonly namespaces: readonly string[];
  /** The JSON answer that lists the Deployments of these namespaces; undefined: all of them. */
  reading(shown: readonly string[] | undefined): ListReading;
}

/** Which Deployments a list shows. */
export interface Selection {
  /** undefined: those of all namespaces. */
  readonly namespace: string | undefined;
  /** Without `namespace`: the namespaces to show; undefined: all of them. */
  readonly shown: readonly string[] | undefined;
  /** undefined: whatever labels they have. */
  readonly selector: LabelSelector | undefined;
}

/** The operations of a cluster, without any check of rights. Routes only get GuardedCluster, which makes the checks. */
export interface UnguardedCluster {
  readonly name: string;
  readonly state: ClusterState;
  /** Counts writes, for metrics. */
  readonly figures: Pick<ClusterFigures, 'writes'>;
  /** The outcomes of the access reviews. */
  readonly reviews: Pick<ReviewOutcomes, 'state'>;
  /** Whether the cache has been filled once. */
  readonly synced: boolean;
  /** The namespaces that hold Deployments, as far as the cache knows. */
  readonly namespaces: readonly string[];
  /** Whether the cluster is ready, and contact with its API server has been verified within the last 10 s. */
  readonly isHealthy: boolean;
  /** Resolves if the cluster is ready and contact is verified, now if need be. @throws NotReadyError or NotSyncedError */
  checkHealth(): Promise<void>;
  /**
   * Reads one Deployment from the cache.
   * @throws NotSyncedError, CacheRefusedError, NamespaceNotWatchedError or DeploymentError
   */
  deployment(namespace: string, name: string): Reading<Deployment>;
  /**
   * Reads one Deployment with the required freshness: from the cache if that is new enough, otherwise from the API
   * server.
   * @throws FreshnessError if the freshness cannot be reached; otherwise as `deployment`
   */
  freshDeployment(
    user: string,
    namespace: string,
    name: string,
    freshness: Freshness,
  ): Promise<Reading<Deployment>>;
  /**
   * The JSON answer that lists the Deployments of a namespace, or of all, from the cache.
   * @param shown without `namespace`: the namespaces to show; undefined: all of them
   * @throws NotSyncedError, CacheRefusedError or NamespaceNotWatchedError
   */
  list(namespace?: string, shown?: readonly string[]): ListReading;
  /** As `selected`, if the answer has been built and nothing has changed since. @throws as `list` */
  knownSelected(namespace: string | undefined, selector: LabelSelector): ListReading | undefined;
  /**
   * The JSON answer that lists these Deployments, from the cache.
   * @param user who makes the read
   * @throws KubeBusyError if too many lists are being built; otherwise as `list`
   */
  selected(user: string, selection: Selection): Promise<ListReading>;
  /** As `states`, if the answer has been built and nothing has changed since. @throws as `list` */
  knownStates(namespace: string | undefined, selector: LabelSelector | undefined): ListReading | undefined;
  /** The JSON answer with the states of these Deployments. @throws as `selected` */
  states(user: string, selection: Selection): Promise<ListReading>;
  /**
   * Resolves once the cache of a namespace, or of all, has seen the required resourceVersion.
   * @throws FreshnessError if it does not see it in time; NamespaceNotWatchedError
   */
  reach(user: string, namespace: string | undefined, freshness: Freshness): Promise<void>;
  /** Whether the cache of a namespace, or of all, is older than allowed. @throws NamespaceNotWatchedError */
  isOlderThan(freshness: Freshness, namespace: string | undefined): boolean;
  /**
   * Lists the names of a namespace, or of all, from the API server itself.
   * @param endsAt the deadline, on the clock of performance.now()
   * @param selector only the names of the Deployments that it matches
   * @throws FreshnessError
   */
  freshNames(
    user: string,
    namespace: string | undefined,
    freshness: Freshness,
    endsAt: number,
    selector?: LabelSelector,
  ): Promise<FreshNames>;
  /** The events of a namespace, or of all. @throws NotSyncedError, CacheRefusedError or NamespaceNotWatchedError */
  events(namespace: string | undefined): EventHub;
  /** The replica count of a Deployment in the cache, if the cache holds it. */
  replicasOf(namespace: string, name: string): number | undefined;
  /** The state of a Deployment that a read of this cluster returned. */
  stateOf(deployment: Deployment): DeploymentState;
  /** What limits the count of a Deployment that a read of this cluster returned. */
  railsOn(deployment: Deployment): readonly Rail[];
  /** The changes of the count of a Deployment that a read of this cluster returned. */
  changesOf(deployment: Deployment): DeploymentChanges;
  /**
   * Sets a replica count.
   * @throws NamespaceNotWatchedError, RailError, ReplicasManagedError, DeploymentError or KubeError
   */
  scale(request: ScaleRequest & Pick<ScaleOrder, 'force' | 'batch'>): Promise<ScaleReading>;
  /**
   * What `scale` would meet, from the cache.
   * @param from the count to assume before the write; undefined: the present one
   * @throws NotSyncedError, CacheRefusedError, NamespaceNotWatchedError or DeploymentError
   */
  prospect(namespace: string, name: string, replicas: number, from?: number): Prospect;
  /** Who made the count of a Deployment what it is there. @param deployment from the cache or from the API server */
  lastWriterOf(deployment: Deployment): LastWriter;
  /** These Deployments, from the cache. @throws as `selected` */
  select(user: string, selection: Selection): Promise<Reading<readonly Deployment[]>>;
  /**
   * Checks that `rollout` can follow what happens in a namespace.
   * @throws NotSyncedError, CacheRefusedError, NamespaceNotWatchedError or FreshnessError
   */
  requireWaits(namespace: string): void;
  /**
   * Reads one Deployment once it has its replicas.
   * @throws RolloutError if it does not get them; FreshnessError if that cannot be followed; otherwise as `deployment`
   */
  rollout(target: WaitTarget, limits: WaitLimits): Promise<Reading<Deployment>>;
}

/** What a write has set: what `ScaleTarget.rollout` waits for. */
export type Written = Pick<ScaleReading, 'uid' | 'replicas' | 'resourceVersion'>;

/** A Deployment that the caller may scale. */
export interface ScaleTarget {
  /** Its replica count in the cache, if the cache holds it. */
  readonly replicas: number | undefined;
  /**
   * Sets the count, and resolves once the cache holds the change or 1 s after the API server made it.
   * @throws NamespaceNotWatchedError, RailError, ReplicasManagedError, DeploymentError or KubeError
   */
  scale(order: ScaleOrder): Promise<ScaleReading>;
  /** What `scale` would meet, from the cache. @throws as UnguardedCluster.prospect */
  prospect(replicas: number, from?: number): Prospect;
  /** Who made the count what it is in this state of the Deployment, such as a precondition was shown. */
  lastWriterOf(deployment: Deployment): LastWriter;
  /**
   * Checks, before the write, that `rollout` can follow what happens after it.
   * @throws as UnguardedCluster.requireWaits
   */
  requireWaits(): void;
  /** Reads the Deployment once it has the replicas that were set. @throws as UnguardedCluster.rollout */
  rollout(written: Written, limits: WaitLimits): Promise<Reading<Deployment>>;
}

/**
 * A cluster with the rights of one caller: every read, list and write checks them first. It throws AccessDeniedError if
 * they do not suffice, and AuthorizerUnavailableError or, for a list, AccessUndecidedError if they cannot be checked.
 */
export class GuardedCluster {
  readonly #cluster: UnguardedCluster;
  readonly #access: Access;
  readonly #caller: Subject;

  constructor(cluster: UnguardedCluster, access: Access, caller: Subject) {
    this.#cluster = cluster;
    this.#access = access;
    this.#caller = caller;
  }

  get name(): string {
    return this.#cluster.name;
  }

  get state(): ClusterState {
    return this.#cluster.state;
  }

  /** Whether the cluster can be asked what callers may do. */
  get authorizer(): AuthorizerState {
    return this.#cluster.reviews.state;
  }

  /** Whether the cluster is ready, and contact has been verified lately; anybody may ask. */
  get isHealthy(): boolean {
    return this.#cluster.isHealthy;
  }

  /** Resolves if the cluster is ready and contact is verified; anybody may ask. @throws as UnguardedCluster.checkHealth */
  checkHealth(): Promise<void> {
    return this.#cluster.checkHealth();
  }

  /**
   * Reads one Deployment from the cache if the rights of the caller are remembered. This is the most frequent read, so it
   * waits for nothing.
   * @returns undefined if the caller has not been found to have the right
   * @throws as UnguardedCluster.deployment
   */
  knownDeployment(namespace: string, name: string): Reading<Deployment> | undefined {
    if (!this.#access.isKnownToRead(this.#caller, namespace, name)) return undefined;
    return this.#cluster.deployment(namespace, name);
  }

  /**
   * Reads one Deployment: from the cache, or with the required freshness.
   * @throws as UnguardedCluster.freshDeployment
   */
  async deployment(namespace: string, name: string, freshness?: Freshness): Promise<Reading<Deployment>> {
    if (!(await this.#access.mayRead(this.#caller, namespace, name)))
      this.#deny(`get deployments/scale in namespace ${namespace}`);
    return freshness === undefined
      ? this.#cluster.deployment(namespace, name)
      : this.#cluster.freshDeployment(this.#caller.user, namespace, name, freshness);
  }

  /** The state of a Deployment that `knownDeployment` or `deployment` returned: so the caller may see it. */
  stateOf(deployment: Deployment): DeploymentState {
    return this.#cluster.stateOf(deployment);
  }

  /** The changes of the count of a Deployment that `knownDeployment` or `deployment` returned. */
  changesOf(deployment: Deployment): DeploymentChanges {
    return this.#cluster.changesOf(deployment);
  }

  /**
   * The JSON answer that lists the Deployments of a namespace, or of all, from the cache, if the caller is known to have
   * the right to list all of them.
   * @param selector the list contains only the Deployments that it matches
   * @returns undefined if the caller has not been found to have the right, or the list of the selector has to be built
   * @throws as UnguardedCluster.list
   */
  knownList(namespace: string | undefined, selector?: LabelSelector): ListReading | undefined {
    if (!this.#access.isKnownToList(this.#caller, namespace)) return undefined;
    if (selector !== undefined) return this.#cluster.knownSelected(namespace, selector);
    return this.#cluster.list(namespace);
  }

  /**
   * The JSON answer that lists the Deployments of a namespace, or of all namespaces in which the caller may list: from
   * the cache, or with the required freshness.
   * @param selector the list contains only the Deployments that it matches
   * @throws FreshnessError if the freshness cannot be reached; otherwise as UnguardedCluster.selected
   */
  async list(namespace?: string, freshness?: Freshness, selector?: LabelSelector): Promise<ListReading> {
    const cluster = this.#cluster;
    const { user } = this.#caller;
    const fromCache = (shown: readonly string[] | undefined) =>
      selector === undefined
        ? cluster.list(namespace, shown)
        : cluster.selected(user, { namespace, shown, selector });
    const { shown, shownOf } = await this.#rightsToList(namespace);
    if (freshness === undefined) return fromCache(shown);
    const endsAt = performance.now() + FRESHNESS_MS;
    await cluster.reach(user, namespace, freshness);
    const shownNow = await shownOf(() => cluster.namespaces);
    if (!cluster.isOlderThan(freshness, namespace)) return fromCache(shownNow);
    const names = await cluster.freshNames(user, namespace, freshness, endsAt, selector);
    // The cache may not know all of these namespaces, so check the rights for them too.
    return names.reading(await shownOf(() => names.namespaces));
  }

  /**
   * The JSON answer with the states of the Deployments that `knownList` lists, if nothing has changed since it was built.
   * @returns undefined if the caller has not been found to have the right, or the answer has to be built
   * @throws as UnguardedCluster.list
   */
  knownStates(namespace: string | undefined, selector?: LabelSelector): ListReading | undefined {
    if (!this.#access.isKnownToList(this.#caller, namespace)) return undefined;
    return this.#cluster.knownStates(namespace, selector);
  }

  /**
   * The JSON answer with the states of the Deployments that `list` lists.
   * @param freshness without a maximum age: that would need whole objects from the API server
   * @throws as UnguardedCluster.states; FreshnessError if the freshness cannot be reached
   */
  async states(namespace?: string, freshness?: Freshness, selector?: LabelSelector): Promise<ListReading> {
    const { user } = this.#caller;
    const { shown, shownOf } = await this.#rightsToList(namespace);
    if (freshness === undefined) return this.#cluster.states(user, { namespace, shown, selector });
    await this.#cluster.reach(user, namespace, freshness);
    const shownNow = await shownOf(() => this.#cluster.namespaces);
    return this.#cluster.states(user, { namespace, shown: shownNow, selector });
  }

  /**
   * The Deployments that `list` lists, if they are known in all namespaces: what is done with them must not leave some out
   * in silence.
   * @throws CacheRefusedError if the cache holds no Deployments of a namespace; otherwise as UnguardedCluster.select
   */
  async select(namespace?: string, selector?: LabelSelector): Promise<readonly Deployment[]> {
    const { shown } = await this.#rightsToList(namespace);
    const { value, unavailable } = await this.#cluster.select(this.#caller.user, {
      namespace,
      shown,
      selector,
    });
    if (unavailable.length > 0) throw new CacheRefusedError(unavailable[0]);
    return value;
  }

  /**
   * The changes of the Deployments that `list` lists, from now on. The rights are asked for again and again.
   * @throws as UnguardedCluster.events
   */
  async events(namespace?: string, selector?: LabelSelector): Promise<Feed> {
    const cluster = this.#cluster;
    const { shown } = await this.#rightsToList(namespace);
    const rights = this.#access.listRights(this.#caller, namespace, shown, () => cluster.namespaces);
    return new Feed({ cluster: this.name, hub: cluster.events(namespace), namespace, selector, rights });
  }

  /**
   * Checks that the caller may list in a namespace, or in any.
   * @returns the namespaces that the list shows, undefined: all of them; and a function that returns those of the current
   *   namespaces that the caller may list. It takes a function, because the namespaces are read again once the rights are
   *   known
   */
  async #rightsToList(namespace: string | undefined) {
    const reviewsEndAt = this.#access.listDeadline();
    const mayListAll = await this.#access.mayList(this.#caller, namespace);
    if (!mayListAll && namespace !== undefined) this.#deny(`list deployments in namespace ${namespace}`);
    const shownOf = async (current: () => readonly string[], deadline?: number) =>
      mayListAll ? undefined : this.#access.listable(this.#caller, current, deadline);
    const shown = await shownOf(() => this.#cluster.namespaces, reviewsEndAt);
    if (shown?.length === 0) this.#denyAll();
    return { shown, shownOf };
  }

  /**
   * Checks that the caller may scale a Deployment. It does not check whether the Deployment exists.
   * @param isCounted whether the outcome is counted, be it that the caller may not or that of `scale`; a batch counts its
   *   items itself, because it tries some again
   */
  async toScale(namespace: string, deployment: string, isCounted = false): Promise<ScaleTarget> {
    const counted = async <T>(write: () => Promise<T>, outcome: (result: T) => WriteOutcome | undefined) => {
      try {
        const result = await write();
        if (isCounted) this.countWrite(outcome(result));
        return result;
      } catch (error) {
        if (isCounted) this.countWrite(outcomeOfError(error));
        throw error;
      }
    };
    await counted(
      async () => {
        if (!(await this.#access.mayScale(this.#caller, namespace, deployment)))
          this.#deny(`patch deployments/scale in namespace ${namespace}`);
      },
      () => undefined,
    );
    const { user } = this.#caller;
    return {
      replicas: this.#cluster.replicasOf(namespace, deployment),
      scale: (order) =>
        counted(
          () => this.#cluster.scale({ namespace, deployment, user, ...order }),
          ({ applied }) => (applied ? 'set' : 'unchanged'),
        ),
      prospect: (replicas, from) => this.#cluster.prospect(namespace, deployment, replicas, from),
      lastWriterOf: (state) => this.#cluster.lastWriterOf(state),
      requireWaits: () => this.#cluster.requireWaits(namespace),
      rollout: ({ uid, replicas, resourceVersion }, limits) =>
        this.#cluster.rollout({ namespace, deployment, uid, replicas, resourceVersion }, limits),
    };
  }

  /** Counts a write by its outcome, for metrics; undefined: nothing has been tried. */
  countWrite(outcome: WriteOutcome | undefined): void {
    if (outcome !== undefined) this.#cluster.figures.writes[outcome] += 1;
  }

  /**
   * What limits the count of a Deployment, for a caller who may read it or scale it.
   * @throws as UnguardedCluster.deployment
   */
  async limits(namespace: string, name: string): Promise<DeploymentLimits> {
    const [read, scale] = await Promise.all([
      this.#access.mayRead(this.#caller, namespace, name),
      this.#access.mayScale(this.#caller, namespace, name),
    ]);
    if (!read && !scale) this.#deny(`get deployments/scale in namespace ${namespace}`);
    const reading = this.#cluster.deployment(namespace, name);
    return { reading, rails: this.#cluster.railsOn(reading.value), may: { read, scale } };
  }

  /**
   * Reads one Deployment once it has its replicas.
   * @throws as UnguardedCluster.rollout
   */
  async rollout(target: WaitTarget, limits: WaitLimits): Promise<Reading<Deployment>> {
    const { namespace, deployment } = target;
    if (!(await this.#access.mayRead(this.#caller, namespace, deployment)))
      this.#deny(`get deployments/scale in namespace ${namespace}`);
    return this.#cluster.rollout(target, limits);
  }

  #deny(action: string): never {
    throw new AccessDeniedError(this.#caller.user, action);
  }

  /** Before the cache is filled the namespaces are unknown, and so is whether the caller may list in any of them. */
  #denyAll(): never {
    if (!this.#cluster.synced) throw new NotSyncedError();
    this.#deny('list deployments in any namespace');
  }
}
