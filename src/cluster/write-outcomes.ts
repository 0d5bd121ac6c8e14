import {
  AccessDeniedError,
  DeploymentError,
  NamespaceNotWatchedError,
  RailError,
  ReplicasManagedError,
} from './cluster-errors.ts';

/**
 * What became of a write, for metrics. `set`: the count was changed; `unchanged`: it was there already; `refused`: a
 * rail, a forecast, a precondition, a conflict, admission control or the absence of the Deployment forbade it; `denied`:
 * the caller has no right to it; `failed`: it could not be made; `unknown`: nobody knows whether it was made.
 */
export const WRITE_OUTCOMES = ['set', 'unchanged', 'refused', 'denied', 'failed', 'unknown'] as const;

export type WriteOutcome = (typeof WRITE_OUTCOMES)[number];

/** What became of a write that ended with this error. */
export function outcomeOfError(error: unknown): WriteOutcome {
  if (error instanceof AccessDeniedError) return 'denied';
  if (error instanceof DeploymentError) {
    if (error.code === 'OUTCOME_UNKNOWN') return 'unknown';
    // The right that is missing is one of the service.
    return error.code === 'FORBIDDEN' ? 'failed' : 'refused';
  }
  const refused =
    error instanceof RailError ||
    error instanceof ReplicasManagedError ||
    error instanceof NamespaceNotWatchedError;
  return refused ? 'refused' : 'failed';
}
