import type { BatchItem, BatchMode, BatchOrder, ItemResult } from '../../src/batch/batch.ts';
import { type Clusters, plan } from '../../src/batch/plan.ts';
import { type BatchAudit, run } from '../../src/batch/run.ts';
import type { Prospect, ScaleOrder, ScaleReading } from '../../src/cluster/access/guarded-cluster.ts';
import type { Reading } from '../../src/cluster/cache/reading.ts';
import { RailError, ReplicasManagedError } from '../../src/cluster/cluster-errors.ts';
import type { Deployment } from '../../src/cluster/deployment.ts';
import type { Forecast } from '../../src/cluster/ownership/forecast.ts';
import type { ScaleRequest } from '../../src/cluster/scaler.ts';
import type { WaitLimits, WaitTarget } from '../../src/cluster/waits/rollout-waits.ts';
import { MemoryCluster } from './build-app.ts';

export const undone: Forecast = {
  kind: 'undone',
  by: 'HorizontalPodAutoscaler/web',
  certain: true,
  message: 'it is undone',
};

/** A cluster in memory whose rails, forecasts, writes and waits a test decides about, by `namespace/name`. */
export class ScriptedCluster extends MemoryCluster {
  override forecasts: readonly Forecast[] = [];
  /** How many writes are under way, and how many were at most. */
  underWay = 0;
  mostUnderWay = 0;
  /** The Deployments whose writes were begun, in order. */
  readonly begun: string[] = [];
  /** Runs before each write; what it throws, the write throws. */
  onWrite: (key: string, request: ScaleRequest) => void | Promise<void> = () => {};
  /** Runs for each wait; what it throws, the wait throws. */
  onWait: (key: string, limits: WaitLimits) => void | Promise<void> = () => {};
  /** Why a rail refuses this count; undefined: none does. */
  railOf: (key: string, replicas: number, from: number | undefined) => string | undefined = () => undefined;
  /** What happens to this count. */
  forecastsOf: (key: string, replicas: number) => readonly Forecast[] = () => [];

  override prospect(namespace: string, name: string, replicas: number, from?: number): Prospect {
    const { value: deployment } = this.deployment(namespace, name);
    const key = `${namespace}/${name}`;
    const forecasts = this.forecastsOf(key, replicas);
    const [refusal] = forecasts.filter(({ kind }) => kind === 'undone');
    const rail = this.railOf(key, replicas, from);
    return {
      deployment,
      forecasts,
      rail: rail === undefined ? undefined : new RailError(rail, forecasts),
      managed: refusal && new ReplicasManagedError(refusal, forecasts),
    };
  }

  override async scale(request: ScaleRequest & Pick<ScaleOrder, 'force' | 'batch'>): Promise<ScaleReading> {
    const { namespace, deployment: name } = request;
    const key = `${namespace}/${name}`;
    this.begun.push(key);
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    try {
      await this.onWrite(key, request);
      return await super.scale(request);
    } finally {
      this.underWay -= 1;
    }
  }

  override async rollout(target: WaitTarget, limits: WaitLimits): Promise<Reading<Deployment>> {
    const { namespace, deployment } = target;
    await this.onWait(`${namespace}/${deployment}`, limits);
    return super.rollout(target, limits);
  }
}

/** An audit log in memory. */
export class RecordingAudit implements BatchAudit {
  /** How many more lines have room. */
  room = Number.POSITIVE_INFINITY;
  /** The items that have had room reserved, by their results. */
  readonly written: ItemResult[] = [];
  /** The items that were never tried. */
  readonly noted: ItemResult[] = [];
  /** Room that was reserved and is not filled yet. */
  reserved = 0;

  reserve() {
    if (this.room === 0) return undefined;
    this.room -= 1;
    this.reserved += 1;
    return async (result: ItemResult) => {
      this.reserved -= 1;
      this.written.push(result);
    };
  }

  async untried(results: readonly ItemResult[]): Promise<void> {
    this.noted.push(...results);
  }
}

/** An item by `[cluster:]namespace/name`. */
export function item(key: string, replicas: number, expected?: BatchItem['expected']): BatchItem {
  const [, cluster = 'default', namespace = '', deployment = ''] = /^(?:(.*):)?(.*)\/(.*)$/.exec(key) ?? [];
  return { cluster, namespace, deployment, replicas, expected };
}

/** An item of a receipt, of a Deployment with the uid of those of MemoryCluster. */
export function receiptItem(key: string, from: number, to: number, uid = 'uid'): BatchItem {
  return item(key, to, { uid, replicas: from });
}

export function orderOf(items: readonly BatchItem[], mode: BatchMode = 'items', force = false): BatchOrder {
  return { id: 'batch-1', mode, items, force };
}

/** The clusters of these names, for one caller. */
export function clustersOf(...clusters: readonly MemoryCluster[]): Clusters {
  const byName = new Map(clusters.map((cluster) => [cluster.name, cluster]));
  return (name) => byName.get(name)?.as({ user: 'alice', groups: [] });
}

export interface Running {
  readonly audit: RecordingAudit;
  readonly ending: AbortController;
  /** Set once all has ended. */
  results: readonly ItemResult[] | undefined;
  readonly done: Promise<readonly ItemResult[]>;
}

/** Plans a batch, lets the test change something, and writes it. */
export async function begin(
  order: BatchOrder,
  clusters: Clusters,
  {
    between = () => {},
    waitSeconds,
    room = Number.POSITIVE_INFINITY,
  }: { between?: () => void; waitSeconds?: number; room?: number } = {},
): Promise<Running> {
  const planned = await plan(order, clusters);
  between();
  const audit = new RecordingAudit();
  audit.room = room;
  const ending = new AbortController();
  const { signal } = ending;
  const done = run({ order, planned, clusters, waitSeconds, signal, audit });
  const running: Running = { audit, ending, results: undefined, done };
  done.then((results) => {
    running.results = results;
  });
  return running;
}
