import { isDeepStrictEqual } from 'node:util';
import { sourceOf } from './objects.ts';
import {
  type DeploymentRecord,
  type DeploymentSource,
  type DeploymentStatus,
  keyOf,
  type Store,
} from './store.ts';

/** A Deployment to begin with. */
export interface DeploymentSeed {
  readonly namespace: string;
  readonly name: string;
  /** Default 1. */
  readonly replicas?: number;
}

/**
 * The Deployments of the cluster, and the controller behind them: whatever changes a spec here, through the API or
 * behind its back, is followed by the status, step by step.
 */
export class Deployments {
  #store: Store;
  readonly #rolloutDelayMs: number;
  readonly #rollouts = new Map<string, NodeJS.Timeout>();

  /** @param rolloutDelayMs between the steps of a rollout; Infinity for a cluster without controllers */
  constructor(store: Store, rolloutDelayMs: number) {
    this.#store = store;
    this.#rolloutDelayMs = rolloutDelayMs;
  }

  get size(): number {
    return this.#store.size;
  }

  /** All of them, sorted by namespace and name. A snapshot: it does not change afterwards. */
  list(): readonly DeploymentRecord[] {
    return this.#store.snapshot().records;
  }

  get(namespace: string, name: string): DeploymentRecord | undefined {
    return this.#store.get(namespace, name);
  }

  /**
   * A new Deployment. One made from a seed is rolled out already; one with a source starts without a status.
   * @throws Error where there is one of that name
   */
  create(seed: DeploymentSeed, source?: DeploymentSource): DeploymentRecord {
    const { namespace, name, replicas = 1 } = seed;
    if (this.get(namespace, name) !== undefined) throw new Error(`${keyOf(seed)} exists`);
    const status =
      source === undefined ? { observedGeneration: 1, replicas, readyReplicas: replicas } : undefined;
    const record = this.#store.create({ namespace, name, replicas, status, source });
    if (source !== undefined) this.#rollOut(record);
    return record;
  }

  /**
   * Sets spec.replicas. The same count again changes nothing: neither generation nor resourceVersion.
   * @throws Error where there is no such Deployment
   */
  scale(namespace: string, name: string, replicas: number): DeploymentRecord {
    const record = this.#existing(namespace, name);
    if (record.replicas === replicas) return record;
    return this.#changeSpec(record, { replicas });
  }

  /**
   * Replaces labels, annotations and spec; generation rises where the spec differs.
   * @throws Error where there is no such Deployment
   */
  replaceSource(
    namespace: string,
    name: string,
    replicas: number,
    source: DeploymentSource,
  ): DeploymentRecord {
    const record = this.#existing(namespace, name);
    const current = sourceOf(record);
    const sameSpec = record.replicas === replicas && isDeepStrictEqual(current.spec, source.spec);
    if (!sameSpec) return this.#changeSpec(record, { replicas, source });
    if (isDeepStrictEqual(current, source)) return record;
    return this.#store.update(record, { source });
  }

  /**
   * A write that changes nothing of interest: a new resourceVersion and a MODIFIED event with the same generation,
   * as a status update gives.
   * @throws Error where there is no such Deployment
   */
  touch(namespace: string, name: string): DeploymentRecord {
    return this.#store.update(this.#existing(namespace, name), {});
  }

  /** @throws Error where there is no such Deployment */
  delete(namespace: string, name: string): void {
    const record = this.#existing(namespace, name);
    this.#cancel(keyOf(record));
    this.#store.delete(record);
  }

  /**
   * Deletes a Deployment and makes another of the same name at once: only the uid tells them apart.
   * @throws Error where there is no such Deployment
   */
  recreate(namespace: string, name: string, replicas?: number): DeploymentRecord {
    const old = this.#existing(namespace, name);
    this.delete(namespace, name);
    return this.create({ namespace, name, replicas: replicas ?? old.replicas });
  }

  /** Goes over to another store, as a cluster does whose etcd has been replaced. */
  moveTo(store: Store): void {
    this.stop();
    this.#store = store;
  }

  /** Ends all rollouts where they are. */
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
    change: { replicas: number; source?: DeploymentSource },
  ): DeploymentRecord {
    const changed = this.#store.update(record, { ...change, generation: record.generation + 1 });
    this.#rollOut(changed);
    return changed;
  }

  /** First the controller has seen the new spec and made Pods or taken them away, then those Pods are ready. */
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
