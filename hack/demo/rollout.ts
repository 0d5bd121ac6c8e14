import type { DeploymentRecord, DeploymentStatus } from '../../test/support/fake-apiserver/store.ts';

/** What the Deployment controller reports of pods that never run. */
const TIMED_OUT = {
  type: 'Progressing',
  status: 'False',
  reason: 'ProgressDeadlineExceeded',
  message: 'ReplicaSet "indexer-7d9c5b8f6d" has timed out progressing.',
};

/**
 * The status of a Deployment a second or so after the present one: the controller sees the spec and makes all pods that are
 * missing, then pods become ready one by one, or end one by one; of many, several at a time.
 * @param healthy whether new pods become ready
 * @returns undefined: nothing is left to do
 */
export function nextStatus(record: DeploymentRecord, healthy: boolean): DeploymentStatus | undefined {
  const { generation, replicas: wanted, status } = record;
  const { observedGeneration = 0, replicas = 0, readyReplicas = 0 } = status ?? {};
  const conditions = healthy || wanted === 0 ? [] : [TIMED_OUT];
  const next = (pods: number, ready: number) => ({
    observedGeneration: generation,
    replicas: pods,
    readyReplicas: Math.min(ready, pods),
    conditions,
  });
  if (observedGeneration < generation) return next(Math.max(replicas, wanted), readyReplicas);
  if (replicas > wanted) return next(replicas - someOf(replicas - wanted), readyReplicas);
  if (healthy && readyReplicas < wanted) return next(wanted, readyReplicas + someOf(wanted - readyReplicas));
  return undefined;
}

/** One of a few; of many, a fifth at a time, so that a thousand take half a minute. */
function someOf(count: number): number {
  return Math.ceil(count / 5);
}
