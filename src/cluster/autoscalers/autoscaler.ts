import { countAt, isObject, type JsonObject, objectAt, stringAt } from '../../kube/json.ts';
import { KubeMalformedError } from '../../kube/kube-errors.ts';
import type { KubeObject } from '../../kube/reflector/reflector.ts';

/** The fields of a HorizontalPodAutoscaler or a KEDA ScaledObject that the service keeps. */
export interface Autoscaler extends KubeObject {
  readonly kind: 'HorizontalPodAutoscaler' | 'ScaledObject';
  /** The apps Deployment that it targets, by its scaleTargetRef; undefined: it targets something else. */
  readonly deployment: string | undefined;
  readonly min: number;
  readonly max: number;
  /** ScaledObject: the count while no trigger is active (idleReplicaCount); undefined: min, and for every HPA. */
  readonly idle: number | undefined;
  /** HPA: its condition ScaledToZero, which says whether a count of 0 is its own; undefined: there is none. */
  readonly scaledToZero: boolean | undefined;
  /** HPA: the ScaledObject that owns it, by its ownerReferences. */
  readonly scaledObject: string | undefined;
  /** ScaledObject: whether an annotation pauses it. An HPA cannot be paused. */
  readonly paused: boolean;
  /** ScaledObject: the count that autoscaling.keda.sh/paused-replicas holds; undefined: none, or no count. */
  readonly pausedReplicas: number | undefined;
  /** ScaledObject: whether a trigger is active (condition Active is True). Always false for an HPA. */
  readonly active: boolean;
}

/** The defaults of KEDA. */
const SCALED_OBJECT_MAX = 100;
const PAUSED = 'autoscaling.keda.sh/paused';
const PAUSED_REPLICAS = 'autoscaling.keda.sh/paused-replicas';
/** The texts that strconv.ParseBool of Go reads as false. KEDA takes everything else as the wish to pause. */
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/**
 * Reduces an HPA of autoscaling/v2 to the fields that the service keeps.
 * @throws KubeMalformedError when a field is missing or of the wrong type
 */
export function reduceHorizontalPodAutoscaler(object: unknown): Autoscaler {
  const { metadata, spec, status } = partsOf(object, 'a HorizontalPodAutoscaler');
  const identity = identityOf(metadata);
  return {
    ...identity,
    kind: 'HorizontalPodAutoscaler',
    deployment: deploymentOf(objectAt(spec, 'scaleTargetRef'), identity.name, {}),
    min: countAt(spec, 'minReplicas', 1),
    max: requiredCountAt(spec, 'maxReplicas'),
    idle: undefined,
    scaledToZero: conditionOf(status, 'ScaledToZero'),
    scaledObject: scaledObjectOf(metadata),
    paused: false,
    pausedReplicas: undefined,
    active: false,
  };
}

/**
 * Reduces a ScaledObject of keda.sh/v1alpha1 to the fields that the service keeps. Annotations that KEDA cannot read
 * are not an error, because any user may write them.
 * @throws KubeMalformedError when a field is missing or of the wrong type
 */
export function reduceScaledObject(object: unknown): Autoscaler {
  const { metadata, spec, status } = partsOf(object, 'a ScaledObject');
  const identity = identityOf(metadata);
  const target = objectAt(spec, 'scaleTargetRef');
  const annotations = metadata.annotations === undefined ? {} : objectAt(metadata, 'annotations');
  const paused = annotations[PAUSED];
  const pausedReplicas = annotations[PAUSED_REPLICAS];
  return {
    ...identity,
    kind: 'ScaledObject',
    deployment: deploymentOf(target, identity.name, { apiVersion: 'apps/v1', kind: 'Deployment' }),
    min: countAt(spec, 'minReplicaCount', 0),
    max: countAt(spec, 'maxReplicaCount', SCALED_OBJECT_MAX),
    idle: spec.idleReplicaCount === undefined ? undefined : requiredCountAt(spec, 'idleReplicaCount'),
    scaledToZero: undefined,
    scaledObject: undefined,
    paused: typeof pausedReplicas === 'string' || (typeof paused === 'string' && !FALSE.has(paused)),
    pausedReplicas: countIn(pausedReplicas),
    active: conditionOf(status, 'Active') === true,
  };
}

function partsOf(object: unknown, what: string) {
  if (!isObject(object)) throw new KubeMalformedError(`${what} is not an object`);
  const metadata = objectAt(object, 'metadata');
  const spec = objectAt(object, 'spec');
  // An object that its controller has not seen yet may have no status.
  return { metadata, spec, status: object.status === undefined ? {} : objectAt(object, 'status') };
}

function identityOf(metadata: JsonObject): KubeObject {
  return {
    namespace: stringAt(metadata, 'namespace'),
    name: stringAt(metadata, 'name'),
    uid: stringAt(metadata, 'uid'),
    resourceVersion: stringAt(metadata, 'resourceVersion'),
  };
}

/**
 * The Deployment that a scaleTargetRef names. Autoscalers look at the API group of the target, and not at its version.
 * @param name of the autoscaler. Most bear the name of their Deployment, and then the two share one string
 * @param defaults for absent fields
 */
function deploymentOf(target: JsonObject, name: string, defaults: JsonObject): string | undefined {
  const deployment = stringAt(target, 'name');
  const { apiVersion, kind } = { ...defaults, ...present(target) };
  if (kind !== 'Deployment' || typeof apiVersion !== 'string' || !apiVersion.startsWith('apps/')) return;
  return deployment === name ? name : deployment;
}

/** The fields that are neither absent nor empty. */
function present(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined && value !== ''),
  );
}

function requiredCountAt(parent: JsonObject, key: string): number {
  if (parent[key] === undefined) throw new KubeMalformedError(`${key} is missing`);
  return countAt(parent, key, 0);
}

/** Whether a condition is True or False; undefined: it is absent or Unknown. @throws KubeMalformedError */
function conditionOf(status: JsonObject, type: string): boolean | undefined {
  const condition = objectsAt(status, 'conditions').find((each) => each.type === type);
  if (condition?.status === 'True') return true;
  return condition?.status === 'False' ? false : undefined;
}

function scaledObjectOf(metadata: JsonObject): string | undefined {
  const owner = objectsAt(metadata, 'ownerReferences').find(
    ({ kind, apiVersion }) =>
      kind === 'ScaledObject' && typeof apiVersion === 'string' && apiVersion.startsWith('keda.sh/'),
  );
  return owner && stringAt(owner, 'name');
}

/** A list of objects, empty if the key is missing or null. @throws KubeMalformedError */
function objectsAt(parent: JsonObject, key: string): readonly JsonObject[] {
  const value = parent[key] ?? [];
  if (!Array.isArray(value) || !value.every(isObject)) {
    throw new KubeMalformedError(`${key} is not a list of objects`);
  }
  return value;
}

/** The count in an annotation, as strconv.ParseInt of Go reads it; undefined: there is none. */
function countIn(text: unknown): number | undefined {
  return typeof text === 'string' && /^\+?\d{1,10}$/.test(text) ? Number(text) : undefined;
}
