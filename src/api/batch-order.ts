import type { BatchItem, BatchMode } from '../batch/batch.ts';
import { itemsOf, namedTwice, type Receipt } from '../batch/receipt.ts';
import { type Selection, select } from '../batch/select.ts';
import type { GuardedCluster } from '../cluster/access/guarded-cluster.ts';
import { SelectorError } from '../cluster/cluster-errors.ts';
import type { BatchBody } from './batch-schema.ts';
import * as errors from './errors.ts';
import { selectorOf } from './read-selector.ts';

/** The clusters that a batch may name. */
export interface BatchClusters {
  /** The name of the cluster in the path; undefined: the path names none. */
  readonly inPath: string | undefined;
  /** The cluster of the path, or the default one. */
  readonly own: GuardedCluster;
  /** With the rights of the caller; undefined: there is none of this name. */
  readonly get: (name: string) => GuardedCluster | undefined;
}

/** What a body asks for. */
export interface Asked {
  readonly mode: BatchMode;
  readonly items: readonly BatchItem[];
  /** The receipt that it has; undefined: it has none. */
  readonly receipt: Receipt | undefined;
}

const KINDS = ['items', 'select', 'receipt', 'restore'] as const;
const ONE_OF = 'send exactly one of items, select, receipt and restore';

/**
 * What a body asks for, which passes the schema. A selection is looked up.
 * @throws InvalidBodyError, SelectTooWideError, ClusterNotFoundError, ReceiptError, and what `select` throws
 */
export async function askedIn(body: BatchBody, dryRun: boolean, clusters: BatchClusters): Promise<Asked> {
  const kinds = KINDS.filter((kind) => body[kind] !== undefined);
  if (kinds.length !== 1)
    throw new errors.InvalidBodyError(kinds.length === 0 ? ONE_OF : `${ONE_OF}, not ${kinds.join(' and ')}`);
  const { items, select: selection, replicas, receipt, restore } = body;
  if (replicas !== undefined && selection === undefined)
    throw new errors.InvalidBodyError('field replicas belongs to select: each of items has its own');
  if (items !== undefined) return { mode: 'items', items: named(items, clusters), receipt: undefined };
  if (receipt !== undefined) return ofReceipt('finish', receipt, clusters);
  if (restore !== undefined) return ofReceipt('restore', restore, clusters);
  if (replicas === undefined)
    throw new errors.InvalidBodyError('field missing: replicas, the count for all that select hits');
  if (!dryRun)
    throw new errors.InvalidBodyError(
      'select can only be planned: send it with dryRun=true, and then the receipt of the plan',
    );
  return { mode: 'items', items: await selected({ ...selection, replicas }, clusters), receipt: undefined };
}

function named(items: NonNullable<BatchBody['items']>, { inPath, own }: BatchClusters): BatchItem[] {
  const all = items.map(({ cluster = own.name, namespace, deployment, replicas }, index) => {
    requirePath(`items/${index}/cluster`, cluster, inPath);
    return { cluster, namespace, deployment, replicas, expected: undefined };
  });
  const twice = namedTwice(all);
  if (twice !== undefined) {
    const { cluster, namespace, deployment } = twice;
    throw new errors.InvalidBodyError(
      `items names Deployment ${deployment} in namespace ${namespace} of cluster ${cluster} twice`,
    );
  }
  return all;
}

function ofReceipt(mode: 'finish' | 'restore', receipt: Receipt, { inPath }: BatchClusters): Asked {
  const items = itemsOf(receipt, mode);
  const field = mode === 'finish' ? 'receipt' : 'restore';
  for (const [index, { cluster }] of items.entries())
    requirePath(`${field}/items/${index}/cluster`, cluster, inPath);
  return { mode, items, receipt };
}

interface Wanted extends Pick<Selection, 'namespace' | 'replicas'> {
  readonly labelSelector?: string;
  readonly clusters?: readonly string[];
}

async function selected(
  { namespace, replicas, labelSelector, clusters: names }: Wanted,
  { inPath, own, get }: BatchClusters,
): Promise<BatchItem[]> {
  for (const [index, name] of (names ?? []).entries()) requirePath(`select/clusters/${index}`, name, inPath);
  if (names !== undefined && new Set(names).size < names.length)
    throw new errors.InvalidBodyError('field select/clusters names a cluster twice');
  const selector = selectorIn(labelSelector);
  if (namespace === undefined && selector === undefined) throw new errors.SelectTooWideError();
  const clusters = (names ?? [own.name]).map((name) => {
    const cluster = name === own.name ? own : get(name);
    if (cluster === undefined) throw new errors.ClusterNotFoundError(name);
    return cluster;
  });
  return select(clusters, { namespace, selector, replicas });
}

function selectorIn(labelSelector: string | undefined) {
  try {
    return selectorOf({ ...(labelSelector !== undefined && { labelSelector }) });
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    throw new errors.InvalidBodyError(`field select/labelSelector: ${error.message}`);
  }
}

function requirePath(field: string, cluster: string, inPath: string | undefined): void {
  if (inPath !== undefined && cluster !== inPath)
    throw new errors.InvalidBodyError(`field ${field} is ${cluster}, and the path names ${inPath}`);
}
