import type { Autoscaler } from '../autoscalers/autoscaler.ts';
import type { Claim } from './claims.ts';
import type { Owners } from './forecast.ts';
import { FIELD_MANAGER } from './writers.ts';

/**
 * What will happen to a count and what to change instead, in words of at most some 250 characters for ordinary names. The
 * commands can be pasted.
 */

const PAUSED_REPLICAS = 'autoscaling.keda.sh/paused-replicas';

/** What has to be changed: the HPA, or the ScaledObject that the HPA belongs to. As `Kind/name`. */
export function nameOf({ kind, name, scaledObject }: Autoscaler): string {
  return scaledObject === undefined ? `${kind}/${name}` : `ScaledObject/${scaledObject}`;
}

/** The count is not between min and max. */
export function ofBounds(autoscaler: Autoscaler, replicas: number): string {
  const bound = replicas > autoscaler.max ? 'max' : 'min';
  return `${keeps(autoscaler)} and undoes ${replicas} within seconds. To keep it: ${patch(autoscaler, { [bound]: replicas })}`;
}

/** The count is between min and max. */
export function ofContest(autoscaler: Autoscaler, replicas: number): string {
  return `${keeps(autoscaler)}: ${replicas} holds until its next decision. To hold it: ${patch(autoscaler, { min: replicas, max: replicas })}`;
}

/** The HPA does not act on a count of 0. */
export function ofPause(autoscaler: Autoscaler, deployment: string): string {
  const { namespace, min } = autoscaler;
  return `${placed(autoscaler)} does nothing at 0 until somebody sets 1 or more. To wake it: kubectl scale deployment ${deployment} -n ${namespace} --replicas=${Math.max(1, min)}`;
}

/** The HPA made the 0 itself. */
export function ofOwnZero(autoscaler: Autoscaler): string {
  return `${placed(autoscaler)} scales to 0 itself, and up again by its metrics. To stay at 0: kubectl delete hpa ${autoscaler.name} -n ${autoscaler.namespace}`;
}

/** KEDA ends a count of 0. */
export function ofActivity(autoscaler: Autoscaler): string {
  return `${placed(autoscaler)} starts replicas as soon as it is active. To stay at 0: ${annotate(autoscaler, 0)}`;
}

/** KEDA holds another count. */
export function ofPausedCount(autoscaler: Autoscaler, paused: number, replicas: number): string {
  return `${placed(autoscaler)} is paused at ${paused} and undoes ${replicas}. To keep it: ${annotate(autoscaler, replicas)}`;
}

export function ofClaim(claim: Claim, { namespace, deployment }: Owners, replicas: number): string {
  const { kind, name, nextRun, count } = claim;
  const theirs = count === undefined ? 'its own count, if any,' : `${count}`;
  const field = `spec.replicas: ${replicas} in the manifest of ${namespace}/${deployment}`;
  switch (kind) {
    case 'Helm': {
      if (nextRun !== 'failsUpgrade')
        return `The next helm upgrade of release ${name} sets ${theirs} again. Set the chart's value to ${replicas}`;
      const why = count === undefined ? 'if its chart sets a count' : `because its chart sets ${count}`;
      return `The next helm upgrade of release ${name} fails with a conflict, ${why}. Set the chart's value to ${replicas}, or upgrade with --force-conflicts`;
    }
    case 'HelmRelease':
      return `HelmRelease ${name} sets ${theirs} again. Set the chart's value to ${replicas} in its spec.values`;
    case 'Kustomization':
      return `Kustomization ${name} sets ${theirs} again. Set ${field}, or leave it out`;
    case 'Bundle':
      return `Fleet sets ${theirs} again from bundle ${name}. Set ${field}`;
    case 'Application':
      return `Argo CD sets ${theirs} again. Set ${field}, or in Application ${name} ignoreDifferences with managedFieldsManagers: [${FIELD_MANAGER}] and RespectIgnoreDifferences=true`;
    case 'Apply':
      return nextRun === 'conflicts'
        ? `The next server-side apply by ${name} fails with a conflict. Set ${field}, or leave it out`
        : `The next kubectl apply sets ${theirs} again. Set ${field}`;
    default:
      return `${kind} ${namespace}/${name} controls the Deployment, and may set another count. Set ${replicas} there`;
  }
}

function keeps(autoscaler: Autoscaler): string {
  return `${placed(autoscaler)} keeps ${autoscaler.min} to ${autoscaler.max}`;
}

function placed(autoscaler: Autoscaler): string {
  const [kind, name] = nameOf(autoscaler).split('/');
  return `${kind} ${autoscaler.namespace}/${name}`;
}

function patch(autoscaler: Autoscaler, bounds: { readonly min?: number; readonly max?: number }): string {
  const { namespace, name, kind, scaledObject } = autoscaler;
  const isKedas = kind === 'ScaledObject' || scaledObject !== undefined;
  const { min, max } = bounds;
  const spec = isKedas
    ? { minReplicaCount: min, maxReplicaCount: max }
    : { minReplicas: min, maxReplicas: max };
  const resource = isKedas ? 'scaledobject' : 'hpa';
  return `kubectl patch ${resource} ${scaledObject ?? name} -n ${namespace} --type=merge -p '${JSON.stringify({ spec })}'`;
}

function annotate({ namespace, name, scaledObject }: Autoscaler, replicas: number): string {
  return `kubectl annotate scaledobject ${scaledObject ?? name} -n ${namespace} --overwrite ${PAUSED_REPLICAS}=${replicas}`;
}
