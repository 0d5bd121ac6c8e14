import { countAt, isObject, objectAt, stringAt } from '../kube/json.ts';
import { KubeMalformedError } from '../kube/kube-errors.ts';
import { Interned, Interner, type Interning, NOT_INTERNED } from '../lib/interner.ts';
import { type Labels, reduceLabels } from './labels/labels.ts';
import { appliedReplicas } from './ownership/applied-replicas.ts';
import { controllerOf, marksOf } from './ownership/marks.ts';
import { reduceWriters, type Writer } from './ownership/writers.ts';
import { railsOf } from './rails/annotations.ts';
import type { Rail } from './rails/rule.ts';
import { keyOf, type RolloutStatus, reduceStatus } from './rollout/rollout-status.ts';

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
  /** Equal statuses of several Deployments are one object. */
  readonly status: RolloutStatus;
  /** Who has written the count, or may write it. */
  readonly writers: readonly Writer[];
  /** The count that client-side apply has written down; undefined: none. */
  readonly appliedReplicas: number | undefined;
  /** What tools know it by, as `Kind/name`. */
  readonly marks: readonly string[];
  /** The object whose controller acts on it, as `Kind/name`. */
  readonly controller: string | undefined;
  /** What its annotations limit, besides the rules for it. */
  readonly rails: readonly Rail[];
}

/** Where equal parts of Deployments become one. */
export interface DeploymentInterning extends Interning {
  status(status: RolloutStatus): RolloutStatus;
  rails(rails: readonly Rail[]): readonly Rail[];
}

/** How many statuses are known, and how many lists of rails. */
const MAX_STATUSES = 1_024;
const MAX_RAILS = 256;

/** Interns parts of Deployments that are kept. */
export class DeploymentInterner extends Interner implements DeploymentInterning {
  readonly #statuses = new Interned(MAX_STATUSES, keyOf);
  readonly #rails = new Interned<readonly Rail[]>(MAX_RAILS, (rails) => JSON.stringify(rails));

  status(status: RolloutStatus): RolloutStatus {
    return this.#statuses.one(status);
  }

  rails(rails: readonly Rail[]): readonly Rail[] {
    return this.#rails.one(rails);
  }
}

const NO_INTERNING: DeploymentInterning = {
  ...NOT_INTERNED,
  status: (status) => status,
  rails: (rails) => rails,
};

/**
 * Reduces a Deployment object of the API to the fields that answers need.
 * @param interning makes equal parts one, for Deployments that are kept
 * @throws KubeMalformedError when a field is missing or of the wrong type
 */
export function reduceDeployment(object: unknown, interning: DeploymentInterning = NO_INTERNING): Deployment {
  if (!isObject(object)) throw new KubeMalformedError('a Deployment is not an object');
  const metadata = objectAt(object, 'metadata');
  const spec = objectAt(object, 'spec');
  const name = stringAt(metadata, 'name');
  const generation = countAt(metadata, 'generation', 0);
  const controller = controllerOf(metadata);
  const marks = marksOf(metadata);
  const rails = railsOf(metadata);
  return {
    namespace: interning.text(stringAt(metadata, 'namespace')),
    name,
    uid: stringAt(metadata, 'uid'),
    resourceVersion: stringAt(metadata, 'resourceVersion'),
    generation,
    replicas: countAt(spec, 'replicas', 1),
    labels: reduceLabels(metadata.labels, interning, name),
    status: interning.status(reduceStatus(generation, spec, object.status)),
    writers: reduceWriters(metadata.managedFields, interning),
    appliedReplicas: appliedReplicas(metadata),
    marks: marks.length === 0 ? marks : interning.list(marks),
    controller: controller && interning.text(controller),
    rails: rails.length === 0 ? rails : interning.rails(rails),
  };
}

/**
 * Identifies one state of the spec of one Deployment. It uses the generation rather than the resourceVersion, because
 * an update of the status must not break a precondition.
 */
export function entityTag({ uid, generation }: Deployment): string {
  return `${uid}.${generation}`;
}
