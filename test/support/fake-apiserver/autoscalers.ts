import type { JsonObject } from './json.ts';
import type { Resource } from './resource.ts';
import { type Named, Store, type Stored, type Versions } from './store.ts';

/** An HPA or a ScaledObject. */
export interface AutoscalerSeed extends Named {
  /** Default: HorizontalPodAutoscaler. */
  readonly kind?: AutoscalerKind;
  /** The Deployment that it targets. Default: the one with its own name. */
  readonly deployment?: string;
  readonly labels?: JsonObject;
  readonly annotations?: JsonObject;
  readonly ownerReferences?: readonly JsonObject[];
  /** Members of the spec besides the target, which they may replace. Default of an HPA: `maxReplicas: 10`. */
  readonly spec?: JsonObject;
  readonly status?: JsonObject;
}

export type AutoscalerKind = 'HorizontalPodAutoscaler' | 'ScaledObject';

interface AutoscalerFields extends Named {
  readonly seed: AutoscalerSeed;
}

const API_VERSIONS = { HorizontalPodAutoscaler: 'autoscaling/v2', ScaledObject: 'keda.sh/v1alpha1' };

/**
 * The autoscalers of the cluster. They are only read through the API and do not act: tests add, change and delete them.
 */
export class Autoscalers {
  #versions: Versions;
  #hpas: Store<AutoscalerFields>;
  /** undefined: the API is not served. */
  #scaledObjects: Store<AutoscalerFields> | undefined;
  readonly #historyLimit: number;

  constructor(historyLimit: number, versions: Versions) {
    this.#historyLimit = historyLimit;
    this.#versions = versions;
    this.#hpas = new Store(historyLimit, versions);
    this.#scaledObjects = new Store(historyLimit, versions);
  }

  /** Adds one. @throws Error if its API is not served */
  add(seed: AutoscalerSeed): void {
    const { namespace, name } = seed;
    this.#storeOf(seed.kind).create({ namespace, name, seed });
  }

  /** Replaces the one with the kind and the name of the seed. @throws Error if there is none */
  update(seed: AutoscalerSeed): void {
    const record = this.#existing(seed);
    this.#storeOf(seed.kind).update(record, { seed, generation: record.generation + 1 });
  }

  /** Deletes the one with this kind and name. @throws Error if there is none */
  delete(seed: Pick<AutoscalerSeed, 'kind' | keyof Named>): void {
    this.#storeOf(seed.kind).delete(this.#existing(seed));
  }

  get servesScaledObjects(): boolean {
    return this.#scaledObjects !== undefined;
  }

  /**
   * Installs or removes the API of ScaledObjects. Removing it ends its watches and loses its objects, and requests are
   * answered with 404.
   */
  set servesScaledObjects(served: boolean) {
    if (served === this.servesScaledObjects) return;
    this.#scaledObjects?.close();
    this.#scaledObjects = served ? new Store(this.#historyLimit, this.#versions) : undefined;
  }

  /** The objects of a resource, with their look in the API. Undefined if it is not served. */
  collection(resource: string) {
    const isHpa = resource === 'horizontalpodautoscalers';
    const store = isHpa ? this.#hpas : this.#scaledObjects;
    return store && { store, resource: isHpa ? HPAS : SCALED_OBJECTS };
  }

  /** Forgets the history of events and every unfinished list. */
  compact(): void {
    this.#hpas.compact();
    this.#scaledObjects?.compact();
  }

  /** Loses everything, as when the etcd of a cluster is replaced. */
  moveTo(versions: Versions): void {
    const served = this.servesScaledObjects;
    this.#versions = versions;
    this.#hpas = new Store(this.#historyLimit, versions);
    this.#scaledObjects = served ? new Store(this.#historyLimit, versions) : undefined;
  }

  #storeOf(kind: AutoscalerKind | undefined): Store<AutoscalerFields> {
    const store = kind === 'ScaledObject' ? this.#scaledObjects : this.#hpas;
    if (store === undefined) throw new Error('the API of ScaledObjects is not served');
    return store;
  }

  #existing({ kind, namespace, name }: Pick<AutoscalerSeed, 'kind' | keyof Named>): Stored<AutoscalerFields> {
    const record = this.#storeOf(kind).get(namespace, name);
    if (record === undefined) throw new Error(`no autoscaler ${namespace}/${name}`);
    return record;
  }
}

const HPAS = resourceOf('HorizontalPodAutoscaler', {
  spec: { scaleTargetRef: { kind: '', name: '' }, maxReplicas: 0 },
  status: { desiredReplicas: 0, currentMetrics: null },
});
const SCALED_OBJECTS = resourceOf('ScaledObject', {});

function resourceOf(kind: AutoscalerKind, empty: JsonObject): Resource<AutoscalerFields> {
  const type = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' };
  return {
    kind,
    apiVersion: API_VERSIONS[kind],
    item: (record) => JSON.stringify(membersOf(record)),
    metadataItem: (record) => JSON.stringify({ ...type, metadata: membersOf(record).metadata }),
    labels: ({ seed }) => seed.labels ?? {},
    empty,
  };
}

function membersOf(record: Stored<AutoscalerFields>) {
  const { namespace, name, uid, resourceVersion, generation, createdAt, seed } = record;
  const { kind = 'HorizontalPodAutoscaler', deployment = name, labels, annotations, ownerReferences } = seed;
  const limits = kind === 'HorizontalPodAutoscaler' ? { maxReplicas: 10 } : {};
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: deployment };
  return {
    metadata: {
      name,
      namespace,
      uid,
      resourceVersion: String(resourceVersion),
      generation,
      creationTimestamp: createdAt,
      labels,
      annotations,
      ownerReferences,
    },
    spec: { scaleTargetRef, ...limits, ...seed.spec },
    status: seed.status ?? {},
  };
}
