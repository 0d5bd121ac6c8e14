import { countAt, isObject, type JsonObject } from '../../kube/json.ts';

/** What the Deployment controller says of the pods of a Deployment. */
export interface RolloutStatus {
  /** Whether the controller has seen the present spec: otherwise the figures belong to an earlier one. */
  readonly observed: boolean;
  /** Pods in all. */
  readonly current: number;
  /** Pods of the newest template. */
  readonly updated: number;
  readonly ready: number;
  /** Pods that have been ready for minReadySeconds. */
  readonly available: number;
  /** Whether spec.paused holds back changes of the template. */
  readonly paused: boolean;
  /** Why the controller does not get on, in its own words; undefined: it does. */
  readonly trouble: string | undefined;
}

/** How many characters of the message of a condition are kept. */
const MAX_MESSAGE = 256;

/**
 * Reduces spec.paused and the status of a Deployment.
 * @param generation metadata.generation
 * @throws KubeMalformedError if a count is not one
 */
export function reduceStatus(generation: number, spec: JsonObject, given: unknown): RolloutStatus {
  const status = isObject(given) ? given : {};
  return {
    observed: countAt(status, 'observedGeneration', 0) >= generation,
    current: countAt(status, 'replicas', 0),
    updated: countAt(status, 'updatedReplicas', 0),
    ready: countAt(status, 'readyReplicas', 0),
    available: countAt(status, 'availableReplicas', 0),
    paused: spec.paused === true,
    trouble: troubleIn(status.conditions),
  };
}

/**
 * ReplicaFailure says that pods cannot be created, for example because of a quota; Progressing is false if a rollout has
 * passed its deadline.
 */
function troubleIn(conditions: unknown): string | undefined {
  if (!Array.isArray(conditions)) return undefined;
  for (const condition of conditions) {
    if (!isObject(condition)) continue;
    const { type, status, reason, message } = condition;
    const failed =
      (type === 'ReplicaFailure' && status === 'True') || (type === 'Progressing' && status === 'False');
    if (failed) return `${reason}: ${message}`.slice(0, MAX_MESSAGE);
  }
  return undefined;
}

/** The same for equal statuses only. */
export function keyOf(status: RolloutStatus): string {
  const { observed, current, updated, ready, available, paused, trouble = '' } = status;
  return `${observed} ${current} ${updated} ${ready} ${available} ${paused} ${trouble}`;
}
