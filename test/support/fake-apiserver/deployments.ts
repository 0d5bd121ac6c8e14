import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from './json.ts';
import {
  afterChange,
  afterScaleToSame,
  CLIENT_SIDE_APPLY,
  KUBECTL_SCALE,
  type Manager,
  type Writer,
} from './managers.ts';
import { sourceOf } from './objects.ts';
import {
  type DeploymentRecord,
  type DeploymentSource,
  type DeploymentStatus,
  keyOf,
  type Marks,
  type Store,
  timestamp,
} from './store.ts';

/** An initial Deployment. */
export interface DeploymentSeed {
  readonly namespace: string;
  readonly name: string;
  /** Default 1. */
  readonly replicas?: number;
  /** Default: those of a sample that `kubectl apply` has made. */
  readonly marks?: Marks | undefined;
  /** Who has written it. Default: `kubectl apply` from a client. */
  readonly managers?: readonly Manager[];
}

const MANAGERS: readonly Manager[] = [CLIENT_SIDE_APPLY];

/**
 * The Deployments of the cluster and their controller: after each change of a spec, through the API or by a test, the
 * status follows step by step.
 */
export class Deployments {
  #store: Store;
  readonly #rolloutDelayMs: number;
  readonly #rollouts = new Map<string, NodeJS.Timeout>();

  /** @param rolloutDelayMs the time between the steps of a rollout; Infinity for a cluster without controllers */
  constructor(store: Store, rolloutDelayMs: number) {
    this.#store = store;
    this.#rolloutDelayMs = rolloutDelayMs;
  }

  get size(): number {
    return this.#store.size;
  }

  /** All Deployments, sorted by namespace and name. It is a snapshot that does not change afterwards. */
  list(): readonly DeploymentRecord[] {
    return this.#store.snapshot().records;
  }

  get(namespace: string, name: string): DeploymentRecord | undefined {
    return this.#store.get(namespace, name);
  }

  /**
   * Adds a Deployment. From a seed it is already rolled out. With a source it starts without a
   * status.
   * @throws Error if the name exists
   */
  create(seed: DeploymentSeed, source?: DeploymentSource): DeploymentRecord {
    const { namespace, name, replicas = 1, marks, managers = MANAGERS } = seed;
    if (this.get(namespace, name) !== undefined) throw new Error(`${keyOf(seed)} exists`);
    const status =
      source === undefined ? { observedGeneration: 1, replicas, readyReplicas: replicas } : undefined;
    const record = this.#store.create({
      namespace,
      name,
      replicas,
      status,
      source,
      marks,
      managers,
    });
    if (source !== undefined) this.#rollOut(record);
    return record;
  }

  /**
   * Sets spec.replicas. An unchanged count does not change the generation, and the resourceVersion only if
   * managedFields change.
   * @param writer the one that it is owned by then. Default: `kubectl scale`
   * @throws Error if the Deployment does not exist
   */
  scale(namespace: string, name: string, replicas: number, writer: Writer = KUBECTL_SCALE): DeploymentRecord {
    const record = this.#existing(namespace, name);
    if (record.replicas !== replicas) {
      const managers = afterChange(record.managers, replicas, writer, timestamp());
      return this.#changeSpec(record, { replicas, managers });
    }
    const managers =
      writer.subresource === undefined ? record.managers : afterScaleToSame(record.managers, writer);
    return managers === record.managers ? record : this.#store.update(record, { managers });
  }

  /**
   * Replaces labels, annotations, owners and spec. The generation rises if the spec differs. Of the fields in
   * managedFields only spec.replicas changes its owner.
   * @throws Error if the Deployment does not exist
   */
  replaceSource(
    namespace: string,
    name: string,
    replicas: number,
    source: DeploymentSource,
    writer: Writer,
  ): DeploymentRecord {
    const record = this.#existing(namespace, name);
    const current = sourceOf(record);
    const sameCount = record.replicas === replicas;
    const managers = sameCount
      ? record.managers
      : afterChange(record.managers, replicas, writer, timestamp());
    if (!sameCount || !isDeepStrictEqual(current.spec, source.spec))
      return this.#changeSpec(record, { replicas, source, managers });
    if (isDeepStrictEqual(current, source)) return record;
    return this.#store.update(record, { source });
  }

  /**
   * Gives a sample other labels, which changes nothing else.
   * @throws Error if the Deployment does not exist
   */
  label(namespace: string, name: string, labels: JsonObject): DeploymentRecord {
    const record = this.#existing(namespace, name);
    return this.#store.update(record, { marks: { ...record.marks, labels } });
  }

  /**
   * Gives a sample other annotations, which changes nothing else.
   * @throws Error if the Deployment does not exist
   */
  annotate(namespace: string, name: string, annotations: JsonObject): DeploymentRecord {
    const record = this.#existing(namespace, name);
    return this.#store.update(record, { marks: { ...record.marks, annotations } });
  }

  /**
   * A write that changes nothing of interest: it gives a new resourceVersion and a MODIFIED event with the same
   * generation, like an update of the status.
   * @throws Error if the Deployment does not exist
   */
  touch(namespace: string, name: string): DeploymentRecord {
    return this.#store.update(this.#existing(namespace, name), {});
  }

  /**
   * Writes the status, as the controller does. Its pods are as many as it asks for, and ready, unless `status` says
   * otherwise.
   * @throws Error if the Deployment does not exist
   */
  report(namespace: string, name: string, status: Partial<DeploymentStatus> = {}): DeploymentRecord {
    const record = this.#existing(namespace, name);
    const { generation: observedGeneration, replicas } = record;
    const done = { observedGeneration, replicas, readyReplicas: status.replicas ?? replicas };
    return this.#store.update(record, { status: { ...done, ...status } });
  }

  /** @throws Error if the Deployment does not exist */
  delete(namespace: string, name: string): void {
    const record = this.#existing(namespace, name);
    this.#cancel(keyOf(record));
    this.#store.delete(record);
  }

  /**
   * Deletes a Deployment and creates another one with the same name at once. Only the uid distinguishes them.
   * @throws Error if the Deployment does not exist
   */
  recreate(namespace: string, name: string, replicas?: number): DeploymentRecord {
    const old = this.#existing(namespace, name);
    this.delete(namespace, name);
    return this.create({ namespace, name, replicas: replicas ?? old.replicas, marks: old.marks });
  }

  /** Switches to another store, as when the etcd of a cluster is replaced. */
  moveTo(store: Store): void {
    this.stop();
    this.#store = store;
  }

  /** Stops all rollouts in their current state. */
  stop(): void {
    for (const key of this.#rollouts.keys()) this.#cancel(key);
  }

  #existing(namespace: string, name: string): DeploymentRecord {
    const record = this.get(namespace, name);
    if (record === undefined) throw new Error(`no Deployment ${keyOf({ namespace, name })}`);
    return record;
  }

  #changeSpec(
    record: DeploymentRecord,
    change: Pick<DeploymentRecord, 'replicas' | 'managers'> & { source?: DeploymentSource },
  ): DeploymentRecord {
    const changed = this.#store.update(record, { ...change, generation: record.generation + 1 });
    this.#rollOut(changed);
    return changed;
  }

  /** The controller first sees the new spec and adds or removes Pods; then the added Pods become ready. */
  #rollOut({ namespace, name, generation, replicas }: DeploymentRecord): void {
    const key = keyOf({ namespace, name });
    this.#cancel(key);
    if (!Number.isFinite(this.#rolloutDelayMs)) return;
    const later = (step: () => void) =>
      this.#rollouts.set(key, setTimeout(step, this.#rolloutDelayMs).unref());
    const write = (status: (ready: number) => DeploymentStatus) => {
      const record = this.#existing(namespace, name);
      this.#store.update(record, { status: status(record.status?.readyReplicas ?? 0) });
    };
    const observedGeneration = generation;
    later(() => {
      write((ready) => ({ observedGeneration, replicas, readyReplicas: Math.min(ready, replicas) }));
      later(() => {
        this.#rollouts.delete(key);
        write(() => ({ observedGeneration, replicas, readyReplicas: replicas }));
      });
    });
  }

  #cancel(key: string): void {
    clearTimeout(this.#rollouts.get(key));
    this.#rollouts.delete(key);
  }
}
