import type { GuardedCluster, ScaleTarget } from '../cluster/access/guarded-cluster.ts';
import { AccessDeniedError, AuthorizerUnavailableError } from '../cluster/cluster-errors.ts';
import { KubeTimeoutError } from '../kube/kube-errors.ts';
import type { BatchItem, BatchOrder, ItemOutcome, PlannedItem } from './batch.ts';
import {
  ChangedSinceError,
  DeploymentGoneError,
  ForeignReceiptError,
  isRefusal,
  itemError,
  UnknownClusterError,
} from './batch-errors.ts';
import { sideBySide } from './side-by-side.ts';

/** The cluster of this name with the rights of the caller; undefined: there is none. */
export type Clusters = (name: string) => GuardedCluster | undefined;

/**
 * The time for all access reviews of a plan, which may be one per item. It is less than a connection may be idle, because
 * nothing is sent before they are done.
 */
const REVIEWS_MS = 20_000;

/**
 * Tells what would become of each item, from memory. It asks the API server for nothing but the rights of the caller, and
 * changes nothing.
 * @throws ForeignReceiptError
 */
export async function plan(order: BatchOrder, clusters: Clusters): Promise<readonly PlannedItem[]> {
  const { items, mode } = order;
  const endsAt = performance.now() + REVIEWS_MS;
  const planned = await sideBySide(
    items,
    ({ cluster }) => cluster,
    (item) => planItem(order, item, clusters, endsAt),
  );
  if (mode !== 'items' && planned.length > 0 && planned.every(isElsewhere)) throw new ForeignReceiptError();
  return planned;
}

/** Whether the Deployment of an item of a receipt is certainly not there. */
function isElsewhere({ error }: PlannedItem): boolean {
  return error instanceof DeploymentGoneError || error instanceof UnknownClusterError;
}

async function planItem(
  order: BatchOrder,
  item: BatchItem,
  clusters: Clusters,
  endsAt: number,
): Promise<PlannedItem> {
  let right: boolean | undefined;
  try {
    const cluster = clusters(item.cluster);
    if (cluster === undefined) throw new UnknownClusterError(item.cluster);
    if (performance.now() >= endsAt)
      throw new AuthorizerUnavailableError(new KubeTimeoutError(true, REVIEWS_MS));
    const target = await cluster.toScale(item.namespace, item.deployment);
    right = true;
    return lookAt(target, order, item);
  } catch (error) {
    const reason = itemError(item, error);
    return {
      item,
      outcome: outcomeWithout(order, reason),
      error: reason,
      right: error instanceof AccessDeniedError ? false : right,
      uid: undefined,
      from: undefined,
      forecasts: [],
      warnings: [],
      rail: undefined,
      restorable: false,
      changedBy: undefined,
    };
  }
}

/** What becomes of an item that cannot be set for this reason. */
function outcomeWithout({ mode }: BatchOrder, reason: unknown): ItemOutcome {
  if (reason instanceof DeploymentGoneError || reason instanceof ChangedSinceError) return 'leftAlone';
  if (mode !== 'restore') return 'refused';
  return isRefusal(reason) ? 'leftAlone' : 'failed';
}

/** @throws DeploymentGoneError, and what ScaleTarget.prospect throws */
function lookAt(target: ScaleTarget, order: BatchOrder, item: BatchItem): PlannedItem {
  const { replicas, expected } = item;
  const { deployment, forecasts, rail, managed } = target.prospect(replicas);
  const { uid, replicas: from } = deployment;
  if (expected !== undefined && uid !== expected.uid) throw new DeploymentGoneError(item);
  const known = { item, right: true, uid, from, forecasts, rail: rail?.message, changedBy: undefined };
  const isSo = from === replicas;
  if (expected !== undefined && !isSo && from !== expected.replicas) {
    const changedBy = target.lastWriterOf(deployment);
    const error = new ChangedSinceError(changedBy, from);
    return { ...known, outcome: 'leftAlone', error, changedBy, warnings: [], restorable: false };
  }
  const refusal = rail ?? (order.force ? undefined : managed);
  // What a receipt asks for is done, so that somebody else would undo it refuses nothing.
  if (refusal !== undefined && !(isSo && expected !== undefined)) {
    const outcome = outcomeWithout(order, refusal);
    return { ...known, outcome, error: refusal, warnings: [], restorable: false };
  }
  // The way back starts at the count that is asked for.
  const back = target.prospect(from, replicas);
  return {
    ...known,
    outcome: isSo ? 'unchanged' : 'set',
    error: undefined,
    warnings: from === 0 && !isSo ? wakingOf(target) : [],
    restorable: back.rail === undefined && (order.force || back.managed === undefined),
  };
}

/** Says which autoscalers sleep because the count is 0, and wake once it is not. */
function wakingOf(target: ScaleTarget): readonly string[] {
  return target
    .prospect(0)
    .forecasts.filter(({ kind }) => kind === 'pauses')
    .map(({ by }) => `this wakes ${by}, which sets the count again from now on`);
}
