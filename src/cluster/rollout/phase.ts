import type { Deployment } from '../deployment.ts';

/**
 * How far the pods of a Deployment are. `stable`: they are as the spec asks for; `progressing`: they are getting there,
 * as far as the Deployment controller says; `stuck`: it says that they do not.
 */
export type Phase = 'stable' | 'progressing' | 'stuck';

/** The phase, and why, in words. */
export interface Rollout {
  readonly phase: Phase;
  readonly reason: string;
}

/** Judges a Deployment by its status, as `kubectl rollout status` does, but also while it is scaled down. */
export function rolloutOf({ replicas, status }: Deployment): Rollout {
  const { observed, current, updated, available, paused, trouble } = status;
  if (!observed) return progressing('the Deployment controller has not acted on the last change yet');
  if (trouble !== undefined) return { phase: 'stuck', reason: trouble };
  if (!paused && updated < replicas) return progressing(`${updated} of ${replicas} replicas are updated`);
  if (current > replicas) return progressing(`${current - replicas} replicas are still to end`);
  if (available < replicas) return progressing(`${available} of ${replicas} replicas are available`);
  const reason =
    replicas === 0
      ? 'it is scaled to 0'
      : replicas === 1
        ? 'its replica is available'
        : `all ${replicas} replicas are available`;
  return { phase: 'stable', reason: paused ? `${reason}; its rollout is paused` : reason };
}

function progressing(reason: string): Rollout {
  return { phase: 'progressing', reason };
}
