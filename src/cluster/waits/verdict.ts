import type { Deployment } from '../deployment.ts';

/**
 * How far a Deployment is from having N replicas. `ready`: it has them, as the spec asks for; `gone`: it was deleted,
 * perhaps created again; `overridden`: somebody has set another count; `waiting`: its controller is still to get there.
 */
export type Verdict = 'ready' | 'gone' | 'overridden' | 'waiting';

/**
 * Judges the present state. Unlike `kubectl rollout status`, it also waits for the end of pods that are too many, and
 * does not take a Deployment whose count somebody has changed for one that is done.
 * @param deployment undefined: there is none of this name
 */
export function verdictOf(deployment: Deployment | undefined, uid: string, replicas: number): Verdict {
  if (deployment?.uid !== uid) return 'gone';
  if (deployment.replicas !== replicas) return 'overridden';
  const { observed, current, updated, available, paused } = deployment.status;
  // Otherwise the figures belong to an earlier spec.
  if (!observed || current !== replicas) return 'waiting';
  if (replicas === 0) return 'ready';
  return available === replicas && (paused || updated === replicas) ? 'ready' : 'waiting';
}

/**
 * Why the Deployment controller does not get on, in its own words; undefined: it does, or it has not seen the present
 * spec, or no pod is asked for: its conditions stay as they were until pods are made.
 */
export function troubleOf({ replicas, status }: Deployment): string | undefined {
  return replicas > 0 && status.observed ? status.trouble : undefined;
}
