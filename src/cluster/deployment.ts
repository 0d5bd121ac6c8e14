import { countAt, isObject, objectAt, stringAt } from '../kube/json.ts';
import { KubeMalformedError } from '../kube/kube-errors.ts';

/** What the service keeps of a Deployment: a few hundred bytes instead of some 7 kB. */
export interface Deployment {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Raised by the API server with every change of the spec, not of the status. */
  readonly generation: number;
  /** spec.replicas: the count that is asked for. */
  readonly replicas: number;
}

/**
 * Reduces a Deployment object of the API to the fields that answers need.
 * @throws KubeMalformedError when a field is missing or of the wrong type
 */
export function reduceDeployment(object: unknown): Deployment {
  if (!isObject(object)) throw new KubeMalformedError('a Deployment is not an object');
  const metadata = objectAt(object, 'metadata');
  const spec = objectAt(object, 'spec');
  return {
    namespace: stringAt(metadata, 'namespace'),
    name: stringAt(metadata, 'name'),
    uid: stringAt(metadata, 'uid'),
    resourceVersion: stringAt(metadata, 'resourceVersion'),
    generation: countAt(metadata, 'generation', 0),
    replicas: countAt(spec, 'replicas', 1),
  };
}

/**
 * Names one state of the spec of one Deployment. The generation, not the resourceVersion: updates of the status must
 * not break a precondition.
 */
export function entityTag({ uid, generation }: Deployment): string {
  return `${uid}.${generation}`;
}
