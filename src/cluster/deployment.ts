import { countAt, isObject, objectAt, stringAt } from '../kube/json.ts';
import { KubeMalformedError } from '../kube/kube-errors.ts';
import { type Interning, NOT_INTERNED } from '../lib/interner.ts';
import { type Labels, reduceLabels } from './labels/labels.ts';

/** The fields of a Deployment that the service keeps: a few hundred bytes instead of about 7 kB. */
export interface Deployment {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** The API server raises it with every change of the spec, but not of the status. */
  readonly generation: number;
  /** spec.replicas: the desired count. */
  readonly replicas: number;
  /** metadata.labels. */
  readonly labels: Labels;
}

/**
 * Reduces a Deployment object of the API to the fields that answers need.
 * @param interning makes equal strings one, for Deployments that are kept
 * @throws KubeMalformedError when a field is missing or of the wrong type
 */
export function reduceDeployment(object: unknown, interning: Interning = NOT_INTERNED): Deployment {
  if (!isObject(object)) throw new KubeMalformedError('a Deployment is not an object');
  const metadata = objectAt(object, 'metadata');
  const spec = objectAt(object, 'spec');
  return {
    namespace: interning.text(stringAt(metadata, 'namespace')),
    name: interning.text(stringAt(metadata, 'name')),
    uid: stringAt(metadata, 'uid'),
    resourceVersion: stringAt(metadata, 'resourceVersion'),
    generation: countAt(metadata, 'generation', 0),
    replicas: countAt(spec, 'replicas', 1),
    labels: reduceLabels(metadata.labels, interning),
  };
}

/**
 * Identifies one state of the spec of one Deployment. It uses the generation rather than the resourceVersion, because
 * an update of the status must not break a precondition.
 */
export function entityTag({ uid, generation }: Deployment): string {
  return `${uid}.${generation}`;
}
