import type { State } from '../../../src/client/scaler-client.ts';
import { type Row, rowOf } from '../../../src/page/model/table-row.ts';

/** A state that is stable at its count, with the given parts. */
export function state(deployment: string, parts: Partial<State> = {}): State {
  const { replicas = 3 } = parts;
  return {
    kind: 'Deployment',
    namespace: 'shop',
    deployment,
    replicas,
    current: replicas,
    updated: replicas,
    ready: replicas,
    available: replicas,
    phase: 'stable',
    reason: 'all replicas are available',
    paused: false,
    owners: [],
    unknownOwners: [],
    ...parts,
  };
}

export function row(deployment: string, parts: Partial<State> = {}, cluster = 'eu'): Row {
  return rowOf(cluster, state(deployment, parts));
}
