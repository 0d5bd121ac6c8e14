import type { CallObserver } from '../kube/client/call-observer.ts';
import { Circuit } from '../kube/client/circuit.ts';
import { KubeClient, METADATA_ONLY } from '../kube/client/kube-client.ts';
import { Turns } from '../kube/client/turns.ts';
import {
  type ApiServerIdentity,
  type KubeconfigSource,
  kubeConfigLoader,
  pinnedTo,
} from '../kube/kubeconfig/kubeconfig.ts';
import { Informer } from '../kube/reflector/informer.ts';
import type { ReflectorTiming } from '../kube/reflector/reflector.ts';
import { isComparable } from '../kube/reflector/resource-version.ts';
import type { Logger } from '../lib/logger.ts';
import { Quota } from '../lib/quota.ts';
import { pauses } from '../lib/slices.ts';
import { Access, type AccessTiming } from './access/access.ts';
import { alwaysAllowing, type DecisionTimes, ReviewAuthorizer } from './access/authorizer.ts';
import type { Subject } from './access/decisions.ts';
import {
  type FreshNames,
  GuardedCluster,
  type LastWriter,
  type Prospect,
  type ScaleOrder,
  type ScaleReading,
  type Selection,
  type UnguardedCluster,
} from './access/guarded-cluster.ts';
import { OwnReviews } from './access/own-reviews.ts';
import { ReviewOutcomes } from './access/review-outcomes.ts';
import { Autoscalers, type WatchedAutoscalers } from './autoscalers/autoscalers.ts';
import { BuiltLists, MAX_LIST_WAIT_MS } from './cache/built-lists.ts';
import { DeploymentCache, listKey } from './cache/deployment-cache.ts';
import {
  FRESHNESS_MS,
  type Freshness,
  isOlderThan,
  reach,
  withFreshnessDeadline,
} from './cache/freshness.ts';
import { InformerSet, type Mirrored } from './cache/informer-set.ts';
import { matching } from './cache/matching.ts';
import { type ListReading, type Reading, reading } from './cache/reading.ts';
import { SharedAnswers } from './cache/shared-answers.ts';
import { CALL_CONNECTIONS } from './call-places.ts';
import {
  DeploymentError,
  FreshnessError,
  NotSyncedError,
  RailError,
  ReplicasManagedError,
} from './cluster-errors.ts';
import { ClusterFigures } from './cluster-figures.ts';
import { type Deployment, DeploymentInterner, entityTag, reduceDeployment } from './deployment.ts';
import { DirectReader } from './direct-reader.ts';
import { EventRecorder } from './event-recorder.ts';
import { EventHub, type EventTiming } from './events/event-hub.ts';
import { ClusterHealth, type HealthTiming, type ProbeLimits } from './health/cluster-health.ts';
import type { ClusterState } from './health/cluster-state.ts';
import type { LabelSelector } from './labels/label-selector.ts';
import { type CountChange, CountHistory } from './ownership/count-history.ts';
import type { Fight } from './ownership/fight.ts';
import { type ConflictPolicy, type Forecast, refusalIn } from './ownership/forecast.ts';
import type { UnknownWrite } from './ownership/late-writes.ts';
import { Ownership } from './ownership/ownership.ts';
import { ownerOfCount } from './ownership/writers.ts';
import { deploymentsPath } from './paths.ts';
import { Rails } from './rails/rails.ts';
import type { Rail, RailRules } from './rails/rule.ts';
import { type PodTiming, PodTroubles } from './rollout/pod-troubles.ts';
import { type Precondition, type ScaleRequest, type ScaleResult, Scaler } from './scaler.ts';
import { changesOf, type DeploymentChanges } from './state/deployment-changes.ts';
import { type DeploymentState, stateOf } from './state/deployment-state.ts';
import { RolloutWaits, type WaitLimits, type WaitTarget } from './waits/rollout-waits.ts';

export interface ClusterOptions extends KubeconfigSource {
  readonly name: string;
  /** The namespaces to watch; empty: all, for which the account needs the right to list and watch cluster-wide. */
  readonly namespaces: readonly string[];
  /**
   * How callers are authorized: by the RBAC of the cluster, whose decisions are kept for these times, or not at all.
   */
  readonly authorization: DecisionTimes | 'AlwaysAllow';
  readonly autoscalers: WatchedAutoscalers;
  readonly onConflict: ConflictPolicy;
  /** What no write passes, besides the annotations of Deployments. */
  readonly rails: RailRules;
  /** How much memory the earlier changes of counts may take. */
  readonly journalBytes: number;
  readonly log: Logger;
  /** See each request to the API server; default: nobody does. */
  readonly observers?: readonly CallObserver[];
  /** The only API server that the cluster may connect to; undefined: any, because the kubeconfig could not be read. */
  readonly server?: ApiServerIdentity | undefined;
  readonly timing?: ClusterTiming | undefined;
}

/** For tests: other times than in production. */
export interface ClusterTiming {
  readonly reflector?: ReflectorTiming | undefined;
  readonly waits?: WaitTiming | undefined;
  readonly events?: EventTiming | undefined;
  readonly access?: AccessTiming | undefined;
  readonly health?: Partial<HealthTiming> | undefined;
  readonly readYourWriteMs?: number | undefined;
  /** For a write with all its attempts. */
  readonly writeMs?: number | undefined;
  /** To create an Event. */
  readonly eventMs?: number | undefined;
}

/** When a wait doubts that a rollout gets on. */
export interface WaitTiming {
  readonly troubleMs: number;
  readonly pods: PodTiming;
}

/** How long a write waits for the cache to hold its result, so that a read right after it sees that result. */
const READ_YOUR_WRITE_MS = 1_000;
/** Reads that may wait for a resourceVersion at a time, in total and per user. */
const MAX_WAITING_READS = 2_000;
const MAX_WAITING_READS_PER_USER = 100;
/**
 * How many lists by selector and lists of states are built at a time, and how many may wait; and as many selections for
 * batches, which do not wait for lists.
 */
const LIST_PLACES = 2;
const MAX_WAITING_LISTS = 1_000;
/** How many lists of names by selector, and of states, are kept until something changes, and how many bytes in total. */
const SELECTED_LISTS = { maxLists: 64, maxBytes: 8 * 1024 * 1024 };
const STATE_LISTS = { maxLists: 8, maxBytes: 16 * 1024 * 1024 };
const NONE: readonly string[] = [];

/** One Kubernetes cluster: its client, its cache, its scaler and its health. Clusters share nothing. */
export class Cluster implements UnguardedCluster {
  readonly name: string;
  readonly figures = new ClusterFigures();
  readonly #log: Logger;
  readonly #client: KubeClient;
  readonly #calls: Circuit;
  readonly #cache = new DeploymentCache();
  readonly #informers: InformerSet<Deployment>;
  /** The state of the cluster does not depend on them. */
  readonly autoscalers: Autoscalers;
  readonly #history: CountHistory;
  readonly #ownership: Ownership;
  readonly #onConflict: ConflictPolicy;
  readonly #rails: Rails;
  readonly #selectionTurns = new Turns(LIST_PLACES, MAX_WAITING_LISTS);
  readonly #selectedLists: BuiltLists;
  readonly #stateLists: BuiltLists;
  /** When it was started, on the clock of performance.now(), until its cache has been filled. */
  #unreadSince: number | undefined;
  #overrides = 0;
  #fights = 0;
  #railRefusals = 0;
  readonly #direct: DirectReader;
  readonly #scaler: Scaler;
  readonly #health: ClusterHealth;
  readonly #events: EventRecorder;
  readonly #hub: EventHub;
  readonly #readYourWriteMs: number;
  readonly #waitingReads = new Quota(MAX_WAITING_READS, MAX_WAITING_READS_PER_USER);
  readonly #sharedAnswers = new SharedAnswers();
  readonly #pods: PodTroubles;
  readonly #waits: RolloutWaits;
  readonly #access: Access;
  /** The outcomes of the access reviews. */
  readonly reviews: Pick<ReviewOutcomes, 'state' | 'counts' | 'durations'>;

  constructor(options: ClusterOptions) {
    const { name, namespaces, authorization, autoscalers, onConflict, rails, journalBytes, ...others } =
      options;
    const { log, observers = [], server, timing = {}, ...source } = others;
    this.name = name;
    this.#log = log;
    this.#onConflict = onConflict;
    this.#rails = new Rails(name, rails);
    this.#readYourWriteMs = timing.readYourWriteMs ?? READ_YOUR_WRITE_MS;
    const load = kubeConfigLoader(source);
    const pinned = server === undefined ? load : pinnedTo(server, load);
    this.#client = new KubeClient(pinned, CALL_CONNECTIONS, [this.figures.calls, ...observers]);
    this.#calls = new Circuit(this.#client);
    const interner = new DeploymentInterner();
    const onContact = () => this.#calls.close();
    this.#informers = new InformerSet(
      'deployments',
      namespaces,
      (namespace) =>
        new Informer({
          api: this.#client,
          path: deploymentsPath(namespace),
          reduce: (object) => reduceDeployment(object, interner),
          store: this.#cache.scope(namespace),
          onContact,
          onRefused: () => this.#tellOnceRead(),
          log,
          timing: timing.reflector,
        }),
    );
    const api = this.#client;
    this.autoscalers = new Autoscalers({
      api,
      namespaces,
      watched: autoscalers,
      onContact,
      log,
      timing: timing.reflector,
    });
    this.#history = new CountHistory(
      {
        overridden: (deployment, change) => {
          this.#overridden(deployment, change);
          this.#hub.overridden(deployment, change);
        },
        contested: (deployment, fight) => this.#contested(deployment, fight),
        landed: (write, change) => this.#landed(write, change),
      },
      journalBytes,
    );
    // Not by the circuit: looks that get no answer must not keep writes from being tried.
    this.#pods = new PodTroubles(this.#client, log, timing.waits?.pods);
    this.#waits = new RolloutWaits({
      find: (namespace, name) => this.deployment(namespace, name).value,
      history: this.#history,
      outage: (namespace) => this.#outage(namespace),
      pods: this.#pods,
      troubleMs: timing.waits?.troubleMs,
    });
    this.#hub = new EventHub({
      stateOf: (deployment) => this.stateOf(deployment),
      isSynced: () => this.synced,
      log,
      timing: timing.events,
    });
    for (const informer of this.#informers.all) {
      informer.addProgressListener(() => this.#tellOnceRead());
      informer.addHandler(this.#history);
      informer.addHandler(this.#waits);
      this.#hub.follow(informer);
    }
    this.#ownership = new Ownership(this.autoscalers, this.#history);
    const turns = new Turns(LIST_PLACES, MAX_WAITING_LISTS);
    this.#selectedLists = new BuiltLists({
      ...SELECTED_LISTS,
      turns,
      member: 'deployments',
      itemOf: ({ namespace, name }) => JSON.stringify(`${namespace}/${name}`),
      version: () => this.#cache.labelsVersion,
    });
    this.#stateLists = new BuiltLists({
      ...STATE_LISTS,
      turns,
      member: 'items',
      // It may have changed since the build began, and then so has what is known of its changes.
      itemOf: (deployment) =>
        JSON.stringify(this.stateOf(this.#cache.get(deployment.namespace, deployment.name) ?? deployment)),
      version: () => this.#stateVersion,
    });
    this.#direct = new DirectReader(this.#calls);
    this.#scaler = new Scaler(this.#calls, timing.writeMs);
    this.#events = new EventRecorder(this.#calls, log, timing.eventMs);
    const reviews = new ReviewOutcomes(log);
    this.reviews = reviews;
    this.#access = new Access(
      authorization === 'AlwaysAllow'
        ? alwaysAllowing(this.figures.decisions)
        : new ReviewAuthorizer(
            this.#calls,
            authorization,
            reviews,
            timing.access?.reviewMs,
            this.figures.decisions,
          ),
      timing.access,
    );
    this.#health = new ClusterHealth(
      {
        isSynced: () => this.synced,
        watchFailure: () => this.#informers.failure,
        lastContactAt: () => this.#informers.lastContactAt,
        isCallingInVain: () => this.#calls.isOpen,
        retryWatch: () => this.#informers.retryNow(),
        probe: (limits) => this.#probe(limits),
        reviews: authorization === 'AlwaysAllow' ? undefined : new OwnReviews(this.#calls, reviews),
      },
      log,
      timing.health,
    );
  }

  start(): void {
    this.#unreadSince = performance.now();
    this.#informers.start();
    this.autoscalers.start();
    this.#health.start();
  }

  /** Writes one line when the cache has been filled, as far as the account of the service may read the cluster. */
  #tellOnceRead(): void {
    if (this.#unreadSince === undefined || !this.synced) return;
    const ms = Math.round(performance.now() - this.#unreadSince);
    this.#unreadSince = undefined;
    this.#log.info({ deployments: this.objects, ms }, 'cluster read');
  }

  /** Once this resolves, the cluster has no open connection and no running timer. */
  async stop(): Promise<void> {
    this.#hub.close();
    this.#access.stop();
    this.#waits.stop();
    this.#pods.stop();
    await Promise.all([this.#informers.stop(), this.autoscalers.stop(), this.#health.stop()]);
    await this.#client.close();
  }

  /** Makes the next call read the kubeconfig again. */
  reloadCredentials(): void {
    this.#client.reloadCredentials();
  }

  /**
   * Whether the cache has been filled once. It stays true during outages, because the cache keeps the last known state.
   */
  get synced(): boolean {
    return this.#informers.synced;
  }

  /** The cluster with the rights of this caller. */
  as(caller: Subject): GuardedCluster {
    return new GuardedCluster(this, this.#access, caller);
  }

  get state(): ClusterState {
    return this.#health.state;
  }

  /** As ClusterHealth.wasReady. */
  get wasReady(): boolean {
    return this.#health.wasReady;
  }

  /** Deployments in the cache. */
  get objects(): number {
    return this.#cache.size;
  }

  /** Deployments at 0 that an autoscaler targets: it does nothing until somebody sets another count. */
  get pausedAtZero(): number {
    return this.#cache.count(
      ({ namespace, name, replicas }) => replicas === 0 && this.autoscalers.of(namespace, name).length > 0,
    );
  }

  get mirrors(): readonly Mirrored[] {
    return [...this.#informers.mirrors, ...this.autoscalers.mirrors];
  }

  deployment(namespace: string, name: string): Reading<Deployment> {
    const informer = this.#informers.syncedOf(namespace);
    const deployment = this.#cache.get(namespace, name);
    if (deployment === undefined) throw new DeploymentError('NOT_FOUND', namespace, name);
    return reading(deployment, [informer], NONE);
  }

  async freshDeployment(
    user: string,
    namespace: string,
    name: string,
    freshness: Freshness,
  ): Promise<Reading<Deployment>> {
    const endsAt = performance.now() + FRESHNESS_MS;
    const informer = this.#informers.of(namespace);
    await reach([informer], freshness, user, this.#waitingReads);
    if (!isOlderThan(freshness, [informer])) return this.deployment(namespace, name);
    const { startedAt, value } = await withFreshnessDeadline(
      this.#direct.deployment(user, namespace, name, notBefore(freshness)),
      endsAt,
    );
    const { resourceVersion } = value;
    return { value, resourceVersion, ageMs: performance.now() - startedAt, unavailable: NONE };
  }

  get namespaces(): readonly string[] {
    return this.#cache.namespaces;
  }

  list(namespace?: string, visible?: readonly string[]): ListReading {
    const { informers, unavailable } = this.#informers.answering(namespace);
    const shown = shownIn(namespace, visible);
    return { ...reading(this.#cache.listAnswer(shown), informers, unavailable), shown };
  }

  knownSelected(namespace: string | undefined, selector: LabelSelector): ListReading | undefined {
    return this.#known(this.#selectedLists, namespace, selector);
  }

  selected(user: string, selection: Selection): Promise<ListReading> {
    return this.#built(this.#selectedLists, user, selection);
  }

  knownStates(namespace: string | undefined, selector: LabelSelector | undefined): ListReading | undefined {
    return this.#known(this.#stateLists, namespace, selector);
  }

  states(user: string, selection: Selection): Promise<ListReading> {
    return this.#built(this.#stateLists, user, selection);
  }

  #known(
    lists: BuiltLists,
    namespace: string | undefined,
    selector: LabelSelector | undefined,
  ): ListReading | undefined {
    const { informers, unavailable } = this.#informers.answering(namespace);
    const shown = shownIn(namespace, undefined);
    const answer = lists.known(listKey(shown, selector));
    return answer && { ...reading(answer, informers, unavailable), shown };
  }

  async #built(
    lists: BuiltLists,
    user: string,
    { namespace, shown: visible, selector }: Selection,
  ): Promise<ListReading> {
    const { informers, unavailable } = this.#informers.answering(namespace);
    const shown = shownIn(namespace, visible);
    // The answer is at least as new as this.
    const before = reading(undefined, informers, unavailable);
    const startedAt = performance.now();
    const value = await lists.read(user, listKey(shown, selector), () => this.#cache.select(shown), selector);
    return { ...before, value, ageMs: before.ageMs + performance.now() - startedAt, shown };
  }

  async reach(user: string, namespace: string | undefined, freshness: Freshness): Promise<void> {
    await reach(this.#wanted(namespace), freshness, user, this.#waitingReads);
  }

  isOlderThan(freshness: Freshness, namespace: string | undefined): boolean {
    const informers = namespace === undefined ? this.#informers.available : this.#wanted(namespace);
    return isOlderThan(freshness, informers);
  }

  async freshNames(
    user: string,
    namespace: string | undefined,
    freshness: Freshness,
    endsAt: number,
    selector?: LabelSelector,
  ): Promise<FreshNames> {
    const scopes = namespace === undefined ? this.#informers.availableScopes : [namespace];
    const { startedAt, value } = await withFreshnessDeadline(
      this.#direct.names(user, scopes, notBefore(freshness), selector),
      endsAt,
    );
    return {
      get namespaces() {
        return value.namespaces;
      },
      reading: (visible) => {
        const shown = shownIn(namespace, visible);
        const likely =
          selector === undefined
            ? this.#cache.listAnswer(shown)
            : this.#selectedLists.known(listKey(shown, selector));
        return {
          value: this.#sharedAnswers.share(value.answer(visible), likely),
          resourceVersion: value.resourceVersion,
          ageMs: performance.now() - startedAt,
          unavailable: namespace === undefined ? this.#informers.refused : NONE,
          shown,
        };
      },
    };
  }

  /** The informers of a namespace, or of all, whether they are filled or not. @throws NamespaceNotWatchedError */
  #wanted(namespace: string | undefined): readonly Informer<Deployment>[] {
    return namespace === undefined ? this.#informers.all : [this.#informers.of(namespace)];
  }

  stateOf(deployment: Deployment): DeploymentState {
    return stateOf(deployment, this.#ownership.of(deployment), this.#history.of(deployment));
  }

  railsOn(deployment: Deployment): readonly Rail[] {
    return this.#rails.on(deployment);
  }

  changesOf(deployment: Deployment): DeploymentChanges {
    return changesOf(deployment, this.#history.changesOf(deployment));
  }

  prospect(namespace: string, name: string, replicas: number, from?: number): Prospect {
    const { value: deployment } = this.deployment(namespace, name);
    const forecasts = this.#ownership.forecasts(deployment, replicas);
    const refusal = refusalIn(forecasts, this.#onConflict);
    const managed = refusal && new ReplicasManagedError(refusal, forecasts);
    const rail = this.#rails.refusal(deployment, replicas, from);
    return {
      deployment,
      forecasts,
      rail: rail === undefined ? undefined : new RailError(rail, forecasts),
      managed,
    };
  }

  lastWriterOf(deployment: Deployment): LastWriter {
    const { lastChange } = this.#history.of(deployment) ?? {};
    const owner = ownerOfCount(deployment.writers)?.manager ?? 'unknown';
    // The watch may not have shown the latest change yet.
    if (lastChange === undefined || lastChange.to !== deployment.replicas)
      return { by: owner, at: undefined };
    return { by: lastChange.user ?? lastChange.manager ?? owner, at: lastChange.at };
  }

  async select(
    user: string,
    { namespace, shown, selector }: Selection,
  ): Promise<Reading<readonly Deployment[]>> {
    const { informers, unavailable } = this.#informers.answering(namespace);
    const select = () => matching(this.#cache.select(shownIn(namespace, shown)), selector, pauses());
    const selected = await (selector === undefined
      ? select()
      : this.#selectionTurns.run(user, select, MAX_LIST_WAIT_MS));
    return reading(selected, informers, unavailable);
  }

  async scale(request: ScaleRequest & Pick<ScaleOrder, 'force' | 'batch'>): Promise<ScaleReading> {
    const { namespace, deployment, replicas, user, dryRun, batch } = request;
    const informer = this.#informers.of(namespace);
    const before = this.#cache.get(namespace, deployment);
    const forecasts = this.#ownership.forecasts(before, replicas);
    const precondition = this.#railed(request, before, forecasts);
    const refusal = request.force ? undefined : refusalIn(forecasts, this.#onConflict);
    if (refusal !== undefined) throw new ReplicasManagedError(refusal, forecasts);
    const result = await this.#write({ ...request, precondition, cached: before?.replicas }, before);
    if (dryRun) return { ...result, forecasts, previous: before?.replicas, entityTag: undefined };
    const { uid, resourceVersion } = result;
    // The API server answers the last change of another writer if that has set the same count.
    const changed = result.applied && this.#history.wrote(uid, resourceVersion, user);
    const from = result.replaced ?? before?.replicas;
    if (changed) this.#events.scaled({ namespace, deployment, user, batch, from, result });
    await informer.waitFor(resourceVersion, this.#readYourWriteMs);
    const cached = this.#cache.get(namespace, deployment);
    const current = cached?.resourceVersion === resourceVersion ? cached : undefined;
    const previous = changed ? this.#history.changeAt(uid, resourceVersion)?.from : result.replicas;
    return { ...result, forecasts, previous, entityTag: current && entityTag(current) };
  }

  /**
   * Makes a write. One whose outcome is not known is remembered, in case that it lands later. That needs the uid, so a write
   * to a Deployment that the cache does not have yet leaves no Event if it lands later.
   */
  async #write(
    request: ScaleRequest & Pick<ScaleOrder, 'batch'>,
    before: Deployment | undefined,
  ): Promise<ScaleResult> {
    const { namespace, deployment, replicas, user, batch, dryRun } = request;
    if (dryRun || before === undefined) return this.#scaler.scale(request);
    const { uid } = before;
    const since = Date.now() / 1000;
    const earlier = this.#history.takeUnknown(uid, replicas);
    try {
      return await this.#scaler.scale(request);
    } catch (error) {
      const isUnknown = error instanceof DeploymentError && error.code === 'OUTCOME_UNKNOWN';
      const write = isUnknown ? { namespace, deployment, uid, replicas, user, batch, since } : earlier;
      if (write !== undefined) this.#history.mayHaveWritten(write);
      throw error;
    }
  }

  #landed({ namespace, deployment, uid, replicas, user, batch }: UnknownWrite, { from }: CountChange): void {
    this.#events.landed({ namespace, deployment, user, batch, from, result: { uid, replicas } });
    this.#log.info(
      { namespace, deployment, user, from, to: replicas },
      'a write whose outcome was unknown has probably been made after all',
    );
  }

  /**
   * The precondition of a write, with the rails in it if the state that is written is read, or if they depend on it.
   * @param before the Deployment in the cache
   * @throws RailError if a rail refuses the count in the state that the cache has
   */
  #railed(
    { namespace, replicas, precondition, dryRun }: ScaleRequest,
    before: Deployment | undefined,
    forecasts: readonly Forecast[],
  ): Precondition | undefined {
    const require = (state: Deployment) => {
      const refusal = this.#rails.refusal(state, replicas);
      if (refusal === undefined) return;
      this.#railRefusals += 1;
      throw new RailError(refusal, forecasts);
    };
    if (before !== undefined) require(before);
    // A cache that is behind may have missed annotations.
    const known = this.#informers.of(namespace).reflector.isBehind ? undefined : before;
    // Where the scaler reads the state anyway, to judge it too costs no call.
    const isRead = precondition !== undefined || (before?.replicas === replicas && !dryRun);
    if (!isRead && !this.#rails.dependOnState(namespace, known, replicas)) return undefined;
    return (current) => {
      if (precondition?.(current) === false) return false;
      require(current);
      return true;
    };
  }

  requireWaits(namespace: string): void {
    const { reflector } = this.#informers.syncedOf(namespace);
    if (!isComparable(reflector.resourceVersion)) throw new FreshnessError('OPAQUE_RESOURCE_VERSIONS');
  }

  async rollout(target: WaitTarget, limits: WaitLimits): Promise<Reading<Deployment>> {
    const informer = this.#informers.of(target.namespace);
    const { resourceVersion: current } = informer.reflector;
    if (target.resourceVersion !== undefined && current !== '' && !isComparable(current))
      throw new FreshnessError('OPAQUE_RESOURCE_VERSIONS');
    return reading(await this.#waits.wait(target, limits, informer), [informer], NONE);
  }

  /** Requests that wait for a rollout and that the cache has caught up for. */
  get waiters(): number {
    return this.#waits.size;
  }

  #outage(namespace: string): string | undefined {
    if (this.state !== 'unreachable') return undefined;
    const { lastContactAt } = this.#informers.of(namespace).reflector;
    if (lastContactAt === undefined) return 'the API server cannot be reached';
    const seconds = Math.round((performance.now() - lastContactAt) / 1000);
    return `the API server cannot be reached, and this was so ${seconds} s ago`;
  }

  events(namespace: string | undefined): EventHub {
    this.#informers.answering(namespace);
    // The events of all namespaces begin together.
    if (!this.#hub.open()) throw new NotSyncedError();
    return this.#hub;
  }

  replicasOf(namespace: string, deployment: string): number | undefined {
    return this.#cache.get(namespace, deployment)?.replicas;
  }

  /** Counts that were set through the service and then changed by somebody else, as far as this replica has seen. */
  get overrides(): number {
    return this.#overrides;
  }

  /** Writes, dry runs among them, that a rail refused. */
  get railRefusals(): number {
    return this.#railRefusals;
  }

  /** Fights about a count that have begun, as far as this replica has seen. */
  get fights(): number {
    return this.#fights;
  }

  #overridden(deployment: Deployment, change: CountChange): void {
    this.#overrides += 1;
    this.#events.overridden(deployment, change);
    const { namespace, name } = deployment;
    const { from, to, manager } = change;
    this.#log.warn(
      { namespace, deployment: name, from, to, manager },
      'a count that was set through the service was changed by somebody else within 5 minutes',
    );
  }

  #contested(deployment: Deployment, fight: Fight): void {
    this.#fights += 1;
    this.#events.contested(deployment, fight);
    const { namespace, name } = deployment;
    const { between, switches } = fight;
    this.#log.warn({ namespace, deployment: name, between, switches }, 'two managers set a count in turn');
  }

  /** Another one as soon as the state of any Deployment may be another; overrides and fights end by the minute. */
  get #stateVersion(): string {
    return `${this.#history.version} ${this.autoscalers.version} ${Math.floor(Date.now() / 60_000)}`;
  }

  get isHealthy(): boolean {
    return this.#health.isVerified;
  }

  checkHealth(): Promise<void> {
    return this.#health.check();
  }

  /**
   * Reads Deployments, because the API server needs its storage for that; it answers `/version` even while etcd is
   * down. It uses a namespace that the account of the service may list, if one is known.
   */
  async #probe(limits: ProbeLimits): Promise<void> {
    const path = deploymentsPath(this.#informers.readableScope);
    await this.#calls.probe({ path, query: { limit: 1 }, accept: METADATA_ONLY, ...limits });
  }
}

/** The namespaces that a list of one namespace, or of the visible ones, shows; undefined: all. */
function shownIn(
  namespace: string | undefined,
  visible: readonly string[] | undefined,
): readonly string[] | undefined {
  return namespace === undefined ? visible : [namespace];
}

/** The earliest start of a direct read that is fresh enough. */
function notBefore({ maxAgeSeconds = 0 }: Freshness): number {
  return performance.now() - maxAgeSeconds * 1000;
}
