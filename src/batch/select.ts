import type { GuardedCluster } from '../cluster/access/guarded-cluster.ts';
import type { LabelSelector } from '../cluster/labels/label-selector.ts';
import { type BatchItem, MAX_ITEMS } from './batch.ts';
import { TooManyItemsError } from './batch-errors.ts';

/** The Deployments whose counts to set, and to what. */
export interface Selection {
  /** undefined: all in which the caller may list. */
  readonly namespace?: string | undefined;
  /** undefined: all Deployments. */
  readonly selector?: LabelSelector | undefined;
  readonly replicas: number;
}

/**
 * The items that set the count of each selected Deployment: by cluster in the given order, then by namespace and name.
 * @throws TooManyItemsError if a batch cannot hold them, and what GuardedCluster.select throws for any of the clusters
 */
export async function select(
  clusters: readonly GuardedCluster[],
  { namespace, selector, replicas }: Selection,
): Promise<BatchItem[]> {
  const found = await Promise.all(clusters.map((cluster) => cluster.select(namespace, selector)));
  const hits = found.reduce((sum, { length }) => sum + length, 0);
  if (hits > MAX_ITEMS) throw new TooManyItemsError(hits);
  return clusters.flatMap((cluster, at) =>
    (found[at] ?? []).map((deployment) => ({
      cluster: cluster.name,
      namespace: deployment.namespace,
      deployment: deployment.name,
      replicas,
      expected: undefined,
    })),
  );
}
