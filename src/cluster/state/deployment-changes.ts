import type { Deployment } from '../deployment.ts';
import type { CountChange, SeenChanges } from '../ownership/count-history.ts';
import { ownerOfCount, type Writer } from '../ownership/writers.ts';

/** Who changed the count of a Deployment, as the API answers it. */
export interface DeploymentChanges {
  /** Newest first. */
  readonly changes: readonly Change[];
  /** Whether older ones were dropped. */
  readonly truncated: boolean;
}

/** The last change of the count that is known. Of a change before the start of the service only the rest is. */
export interface LastChange {
  /** RFC 3339. */
  readonly at?: string;
  readonly from?: number;
  readonly to: number;
  /** The field manager that made it. */
  readonly manager: string;
  /** Who made it, if it was a write of this replica of the service. */
  readonly user?: string;
}

/** A change of the count. */
export interface Change extends LastChange {
  /** How managedFields note it; absent if they do not. */
  readonly operation?: Writer['operation'];
  readonly subresource?: 'scale';
  /** Of the Deployment, right after the change. */
  readonly resourceVersion?: string;
  /** Whether it followed a write of this service, by somebody else. */
  readonly overrode?: true;
}

/** The manager of a change whose manager Kubernetes has not noted. */
export const NOBODY = 'unknown';

/** The changes of the count of a Deployment that the watch has shown; without any, the one that managedFields tell. */
export function changesOf(deployment: Deployment, { changes, truncated }: SeenChanges): DeploymentChanges {
  if (changes.length > 0) return { changes: changes.map(changeOf), truncated };
  const writer = writerBeforeStart(deployment);
  if (writer === undefined) return { changes: [], truncated };
  const { manager, operation } = writer;
  return {
    changes: [{ to: deployment.replicas, manager, operation, subresource: 'scale' }],
    truncated,
  };
}

/** @param change the last one that the watch has shown; undefined: none, so that managedFields tell */
export function lastChangeOf(
  deployment: Deployment,
  change: CountChange | undefined,
): LastChange | undefined {
  if (change === undefined) {
    const writer = writerBeforeStart(deployment);
    return writer && { to: deployment.replicas, manager: writer.manager };
  }
  const { at, from, to, manager = NOBODY, user } = change;
  return { at: timeOf(at), from, to, manager, ...(user !== undefined && { user }) };
}

/** @param seconds since 1970 */
export function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

/** Who made the last change of the count, if managedFields tell: other managers may have changed another field last. */
function writerBeforeStart({ writers }: Deployment): Writer | undefined {
  const owner = ownerOfCount(writers);
  return owner?.viaScale ? owner : undefined;
}

function changeOf(change: CountChange): Change {
  const { at, from, to, manager = NOBODY, operation, viaScale, user, resourceVersion, overrode } = change;
  return {
    at: timeOf(at),
    from,
    to,
    manager,
    ...(operation && { operation }),
    ...(viaScale && { subresource: 'scale' }),
    ...(user !== undefined && { user }),
    resourceVersion,
    ...(overrode && { overrode }),
  };
}
