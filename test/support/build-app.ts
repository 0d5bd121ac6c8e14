import type { FastifyInstance, InjectOptions } from 'fastify';
import { onTestFinished } from 'vitest';
import type { ServedCluster } from '../../plugins/request-cluster.ts';
import { type AppOptions, buildApp } from '../../src/app.ts';
import { Access } from '../../src/cluster/access/access.ts';
import type { Subject } from '../../src/cluster/access/decisions.ts';
import {
  type FreshNames,
  GuardedCluster,
  type LastWriter,
  type Prospect,
  type ScaleOrder,
  type ScaleReading,
  type Selection,
  type UnguardedCluster,
} from '../../src/cluster/access/guarded-cluster.ts';
import { DeploymentCache } from '../../src/cluster/cache/deployment-cache.ts';
import type { Freshness } from '../../src/cluster/cache/freshness.ts';
import type { ListReading, Reading } from '../../src/cluster/cache/reading.ts';
import { DeploymentError, RailError, ReplicasManagedError } from '../../src/cluster/cluster-errors.ts';
import { ClusterFigures } from '../../src/cluster/cluster-figures.ts';
import type { Deployment } from '../../src/cluster/deployment.ts';
import { EventHub } from '../../src/cluster/events/event-hub.ts';
import type { ClusterState } from '../../src/cluster/health/cluster-state.ts';
import type { LabelSelector } from '../../src/cluster/labels/label-selector.ts';
import { type Labels, NO_LABELS } from '../../src/cluster/labels/labels.ts';
import type { SeenChanges } from '../../src/cluster/ownership/count-history.ts';
import { type Forecast, refusalIn } from '../../src/cluster/ownership/forecast.ts';
import type { Rail } from '../../src/cluster/rails/rule.ts';
import type { ScaleRequest } from '../../src/cluster/scaler.ts';
import { changesOf, type DeploymentChanges } from '../../src/cluster/state/deployment-changes.ts';
import { type DeploymentState, stateOf } from '../../src/cluster/state/deployment-state.ts';
import type { WaitLimits, WaitTarget } from '../../src/cluster/waits/rollout-waits.ts';
import { Fleet } from '../../src/fleet/fleet.ts';
import { Buckets } from '../../src/lib/buckets.ts';
import { alwaysAllow } from './authorizer.ts';
import { deployment } from './deployment-objects.ts';
import { expectDocumented, textOf } from './documented.ts';
import { RecordingLogger } from './kube/recording-logger.ts';
import { testLimits } from './limits.ts';
import { logTo } from './log-to.ts';

/** A cluster in memory. Its reads and writes use its cache directly. */
export class MemoryCluster implements ServedCluster, UnguardedCluster {
  readonly writes: string[] = [];
  readonly name: string;
  synced = true;
  wasReady = true;
  isHealthy = false;
  state: ClusterState = 'ready';
  readonly mirrors: ServedCluster['mirrors'] = [];
  readonly overrides = 0;
  readonly fights = 0;
  readonly railRefusals = 0;
  readonly pausedAtZero = 0;
  readonly figures = new ClusterFigures();
  access = new Access(alwaysAllow);
  reviews: ServedCluster['reviews'] = {
    state: 'available',
    counts: { allowed: 0, denied: 0, failed: 0 },
    durations: new Buckets([]),
  };
  /** The age and version that its reads report. */
  reading: Omit<Reading<unknown>, 'value'> = { ageMs: 0, resourceVersion: '1', unavailable: [] };
  readonly #cache = new DeploymentCache();

  constructor(counts: Readonly<Record<string, number>> = { 'default/my-deployment': 3 }, name = 'default') {
    this.name = name;
    for (const [key, replicas] of Object.entries(counts)) this.add(key, replicas);
  }

  /** Adds a Deployment, or sets its count. @param key `namespace/name` */
  add(key: string, replicas: number, labels: Labels = NO_LABELS, uid = 'uid'): void {
    const [namespace = '', name = ''] = key.split('/');
    this.#cache.scope().upsert(deployment(name, '1', { namespace, uid, replicas, labels }));
  }

  start(): void {}
  async stop(): Promise<void> {}
  reloadCredentials(): void {}

  get objects(): number {
    return this.#cache.size;
  }

  as(caller: Subject): GuardedCluster {
    return new GuardedCluster(this, this.access, caller);
  }

  async checkHealth(): Promise<void> {}

  deployment(namespace: string, name: string): Reading<Deployment> {
    const deployment = this.#cache.get(namespace, name);
    if (deployment === undefined) throw new DeploymentError('NOT_FOUND', namespace, name);
    return { value: deployment, ...this.reading };
  }

  async freshDeployment(_user: string, namespace: string, name: string): Promise<Reading<Deployment>> {
    return this.deployment(namespace, name);
  }

  get namespaces(): readonly string[] {
    return this.#cache.namespaces;
  }

  list(namespace?: string, visible?: readonly string[]): ListReading {
    const shown = shownOf({ namespace, shown: visible });
    return { value: this.#cache.listAnswer(shown), ...this.reading, shown };
  }

  knownSelected(namespace: string | undefined, selector: LabelSelector): ListReading {
    return this.#selected({ namespace, shown: undefined, selector });
  }

  async selected(_user: string, selection: Selection): Promise<ListReading> {
    return this.#selected(selection);
  }

  knownStates(namespace: string | undefined, selector: LabelSelector | undefined): ListReading {
    return this.#states({ namespace, shown: undefined, selector });
  }

  async states(_user: string, selection: Selection): Promise<ListReading> {
    return this.#states(selection);
  }

  #selected(selection: Selection): ListReading {
    const deployments = this.#select(selection).map(({ namespace, name }) => `${namespace}/${name}`);
    return this.#list({ deployments }, selection);
  }

  #states(selection: Selection): ListReading {
    const items = this.#select(selection).map((each) => this.stateOf(each));
    return this.#list({ items }, selection);
  }

  #list(answer: object, selection: Selection): ListReading {
    return { value: Buffer.from(JSON.stringify(answer)), ...this.reading, shown: shownOf(selection) };
  }

  #select(selection: Selection): readonly Deployment[] {
    const deployments = this.#cache.select(shownOf(selection));
    return deployments.filter(({ labels }) => selection.selector?.matches(labels) ?? true);
  }

  async reach(): Promise<void> {}

  isOlderThan(): boolean {
    return false;
  }

  async freshNames(
    _user: string,
    namespace: string | undefined,
    _freshness?: Freshness,
    _endsAt?: number,
    selector?: LabelSelector,
  ): Promise<FreshNames> {
    const reading = (shown: readonly string[] | undefined) => this.#selected({ namespace, shown, selector });
    return { namespaces: this.namespaces, reading };
  }

  /** It has no events. */
  readonly #hub = new EventHub({
    stateOf: (deployment) => this.stateOf(deployment),
    isSynced: () => this.synced,
    log: new RecordingLogger(),
  });

  events(): EventHub {
    return this.#hub;
  }

  replicasOf(namespace: string, name: string): number | undefined {
    return this.#cache.get(namespace, name)?.replicas;
  }

  /** What is said to happen to a count. */
  forecasts: readonly Forecast[] = [{ kind: 'holds', by: undefined, certain: true, message: '' }];

  stateOf(deployment: Deployment): DeploymentState {
    const { namespace, name } = deployment;
    const owners = { namespace, deployment: name, autoscalers: [], claims: [], unknown: [] };
    return stateOf(deployment, owners, undefined);
  }

  requireWaits(): void {}

  async rollout(
    { namespace, deployment: name }: WaitTarget,
    _limits: WaitLimits,
  ): Promise<Reading<Deployment>> {
    return this.deployment(namespace, name);
  }

  /** The changes that it has seen, of any Deployment. */
  changes: SeenChanges = { changes: [], truncated: false };

  changesOf(deployment: Deployment): DeploymentChanges {
    return changesOf(deployment, this.changes);
  }

  /** What the API server warns of. */
  warnings: readonly string[] = [];

  /** What is said to limit every count. */
  rails: readonly Rail[] = [];

  railsOn(): readonly Rail[] {
    return this.rails;
  }

  /** Why a rail refuses every count. */
  rail: string | undefined;

  prospect(namespace: string, name: string, _replicas: number, _from?: number): Prospect {
    const { forecasts, rail } = this;
    const { value: deployment } = this.deployment(namespace, name);
    const refusal = refusalIn(forecasts, 'refuse-certain');
    return {
      deployment,
      forecasts,
      rail: rail === undefined ? undefined : new RailError(rail, forecasts),
      managed: refusal && new ReplicasManagedError(refusal, forecasts),
    };
  }

  lastWriterOf(): LastWriter {
    return { by: 'kubectl', at: undefined };
  }

  async select(_user: string, selection: Selection): Promise<Reading<readonly Deployment[]>> {
    return { value: this.#select(selection), ...this.reading };
  }

  async scale(request: ScaleRequest & Pick<ScaleOrder, 'force' | 'batch'>): Promise<ScaleReading> {
    const { namespace, deployment: name, replicas, user, precondition, force, dryRun } = request;
    const { forecasts, warnings } = this;
    const { deployment, rail, managed } = this.prospect(namespace, name, replicas);
    const refusal = rail ?? (force ? undefined : managed);
    if (refusal !== undefined) throw refusal;
    if (precondition?.(deployment) === false)
      throw new DeploymentError('PRECONDITION_FAILED', namespace, name);
    const result = {
      uid: deployment.uid,
      replicas,
      applied: deployment.replicas !== replicas,
      replaced: undefined,
      warnings,
      forecasts,
      previous: deployment.replicas,
    };
    if (dryRun) return { ...result, resourceVersion: '1', entityTag: undefined };
    this.writes.push(`${namespace}/${name}=${replicas} by ${user}`);
    this.#cache.scope().upsert({ ...deployment, replicas, resourceVersion: '2', generation: 2 });
    return { ...result, resourceVersion: '2', entityTag: 'uid.2' };
  }
}

/**
 * The app with a cluster in memory and without a port, for `inject`. Every caller is `client`. It is closed when the
 * test ends. Every answer must be one that openapi.yaml documents.
 */
export async function buildTestApp(
  clusters: ServedCluster | readonly ServedCluster[] = new MemoryCluster(),
  options: Partial<AppOptions> = {},
): Promise<FastifyInstance> {
  const app = await buildApp({
    logLevel: 'silent',
    logStream: logTo(() => {}),
    createFleet: () => fleetOf([clusters].flat()),
    identify: () => ({ kind: 'client', user: 'client', groups: [] }),
    limits: testLimits,
    docs: true,
    page: true,
    ...options,
  });
  onTestFinished(() => app.close());
  // Wraps `inject` instead of adding a hook, because a hook of a test would miss the answers of the routes.
  const inject = app.inject.bind(app);
  Object.defineProperty(app, 'inject', {
    value: async (request: InjectOptions | string) => {
      const answer = await inject(request);
      const { method = 'GET', url = '' } = answer.raw.req;
      const { statusCode: status, headers, rawPayload } = answer;
      expectDocumented({ method, path: url, status, headers, body: textOf(headers, rawPayload) });
      return answer;
    },
  });
  return app;
}

/** The namespaces that a list shows; undefined: all. */
function shownOf({ namespace, shown }: Omit<Selection, 'selector'>): readonly string[] | undefined {
  return namespace === undefined ? shown : [namespace];
}

/** A fleet of existing clusters, the first of which is the default. */
export function fleetOf(clusters: readonly ServedCluster[]): Fleet<ServedCluster> {
  const byName = new Map(clusters.map((cluster) => [cluster.name, cluster]));
  const specs = clusters.map(({ name }) => ({
    name,
    kubeconfig: undefined,
    contextName: undefined,
    namespaces: [],
    server: undefined,
  }));
  return new Fleet({
    specs,
    readyPolicy: 'default',
    create: ({ name }) => {
      const cluster = byName.get(name);
      if (cluster === undefined) throw new Error(`unknown cluster ${name}`);
      return cluster;
    },
  });
}
