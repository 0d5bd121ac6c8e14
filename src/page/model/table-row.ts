import type { State } from '../../client/scaler-client.ts';

/** One Deployment of one cluster. */
export interface Row {
  /** Identifies it: `cluster/namespace/name`. */
  readonly key: string;
  readonly cluster: string;
  readonly state: State;
}

export function keyOf(cluster: string, namespace: string, deployment: string): string {
  return `${cluster}/${namespace}/${deployment}`;
}

export function rowOf(cluster: string, state: State): Row {
  return { key: keyOf(cluster, state.namespace, state.deployment), cluster, state };
}

/** How people call it; the cluster is shown beside it. */
export function nameOf({ state }: Row): string {
  return `${state.namespace}/${state.deployment}`;
}
