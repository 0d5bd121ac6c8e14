import { randomUUID } from 'node:crypto';
import type { JsonObject } from './json.ts';
import type { Manager } from './managers.ts';

/**
 * The observed state of a Deployment, as its controller writes it. It is absent until the controller has seen the
 * Deployment.
 */
export interface DeploymentStatus {
  readonly observedGeneration: number;
  readonly replicas: number;
  readonly readyReplicas: number;
  /** Default: `replicas`. */
  readonly updatedReplicas?: number;
  /** Default: `readyReplicas`. */
  readonly availableReplicas?: number;
  /** Besides Available and Progressing, and after them. */
  readonly conditions?: readonly JsonObject[];
}

/** The fields of an object that identify it. */
export interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** The fields of an object that the store sets. */
export interface Versioned {
  readonly uid: string;
  readonly resourceVersion: number;
  /** Counts changes of the spec, from 1. */
  readonly generation: number;
  /** RFC 3339, whole seconds. */
  readonly createdAt: string;
}

/** An object with these fields, as the store holds it. It never changes; each write replaces it. */
export type Stored<F extends Named> = F & Versioned;

/** The fields of a Deployment in compact form. Its body of about 6 kB is made on request (see bodies.ts). */
export interface DeploymentFields extends Named {
  readonly replicas: number;
  readonly status: DeploymentStatus | undefined;
  /** Labels, annotations and spec of a Deployment that was created through the API; undefined for a sample. */
  readonly source: DeploymentSource | undefined;
  /** What distinguishes a sample from the others; undefined: nothing. Samples may share it. */
  readonly marks: Marks | undefined;
  /** Who has written it, without its controller. Entries of one identity are in the order of managedFields. */
  readonly managers: readonly Manager[];
}

/**
 * What a sample has instead of the labels, annotations and so on of other samples. `@name@` and `@namespace@` in it stand
 * for those of the Deployment.
 */
export interface Marks {
  readonly labels?: JsonObject | undefined;
  readonly annotations?: JsonObject | undefined;
  readonly ownerReferences?: readonly JsonObject[] | undefined;
  /** Conditions of the status, besides Available and Progressing. */
  readonly conditions?: readonly JsonObject[] | undefined;
}

export type DeploymentRecord = Stored<DeploymentFields>;

/** The fields that a client has sent, unchanged. */
export interface DeploymentSource {
  readonly labels: JsonObject | undefined;
  readonly annotations: JsonObject | undefined;
  readonly ownerReferences?: readonly JsonObject[] | undefined;
  /** Without `replicas`, which is in the record. */
  readonly spec: JsonObject;
}

/** The fields that a write may change. */
export type Change<F extends Named> = Partial<Omit<F, keyof Named> & Pick<Versioned, 'generation'>>;

export interface StoreEvent<F extends Named = DeploymentFields> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resourceVersion: number;
  /** For DELETED: the last state, with the resourceVersion of the deletion. */
  readonly record: Stored<F>;
}

/** All objects of a store at one resourceVersion, in the order of the API server. */
export interface Snapshot<F extends Named = DeploymentFields> {
  readonly resourceVersion: number;
  readonly records: readonly Stored<F>[];
}

/** The number of kept snapshots of unfinished lists. Each costs 8 bytes per object. */
const MAX_SNAPSHOTS = 16;
const FIRST_RESOURCE_VERSION = 200; // about as many as a new cluster has written before its first Deployment

/** The key of an object, by which etcd sorts. */
export const keyOf = (record: Named) => `${record.namespace}/${record.name}`;

/** A time as metav1.Time writes it: RFC 3339 in whole seconds. */
export const timestamp = (date = new Date()) => `${date.toISOString().slice(0, 19)}Z`;

/** The counter of resourceVersions, which all objects of an etcd share. */
export class Versions {
  newest = FIRST_RESOURCE_VERSION;
}

/**
 * The counterpart of etcd and the watch cache for one resource: its objects, and a limited history of events from which
 * watches can resume.
 */
export class Store<F extends Named = DeploymentFields> {
  readonly #historyLimit: number;
  readonly #versions: Versions;
  /** Sorted by key. It is copied before a change if a snapshot has been handed out. */
  #records: Stored<F>[] = [];
  #shared = false;
  #history: StoreEvent<F>[] = [];
  /** Events up to this version are forgotten. */
  #compactedAt: number;
  #closed = false;
  readonly #snapshots = new Map<number, Snapshot<F>>();
  readonly #listeners = new Set<() => void>();

  /** @param historyLimit the minimum number of kept events; older ones are forgotten gradually */
  constructor(historyLimit: number, versions: Versions) {
    this.#historyLimit = historyLimit;
    this.#versions = versions;
    this.#compactedAt = versions.newest;
  }

  /** The newest resourceVersion. */
  get resourceVersion(): number {
    return this.#versions.newest;
  }

  /** The version below which watches and unfinished lists have expired. */
  get compactedAt(): number {
    return this.#compactedAt;
  }

  get size(): number {
    return this.#records.length;
  }

  /** Whether the API of the resource has been removed. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Takes a resourceVersion for an object that is not in this store. */
  nextResourceVersion(): number {
    this.#versions.newest += 1;
    return this.#versions.newest;
  }

  /** Calls `listener` after each event, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get(namespace: string, name: string): Stored<F> | undefined {
    const key = keyOf({ namespace, name });
    const found = this.#records[this.#indexOf(key)];
    return found !== undefined && keyOf(found) === key ? found : undefined;
  }

  /** A snapshot of all objects. It never changes, and costs nothing until the next write. */
  snapshot(): Snapshot<F> {
    this.#shared = true;
    return { resourceVersion: this.resourceVersion, records: this.#records };
  }

  /** Keeps a snapshot for further pages of a list. The oldest snapshots are dropped. */
  keepSnapshot(snapshot: Snapshot<F>): void {
    this.#snapshots.set(snapshot.resourceVersion, snapshot);
    for (const old of this.#snapshots.keys()) {
      if (this.#snapshots.size <= MAX_SNAPSHOTS) break;
      this.#snapshots.delete(old);
    }
  }

  /** The kept snapshot of this version, or undefined if it has expired. */
  snapshotAt(resourceVersion: number): Snapshot<F> | undefined {
    return this.#snapshots.get(resourceVersion);
  }

  /** The events after a version, oldest first, or undefined if some of them are forgotten. */
  eventsAfter(resourceVersion: number): readonly StoreEvent<F>[] | undefined {
    if (resourceVersion < this.#compactedAt) return undefined;
    return this.#history.slice(firstAfter(this.#history, resourceVersion));
  }

  /** Forgets the history and every unfinished list, like etcd after a compaction. */
  compact(): void {
    this.#compactedAt = this.resourceVersion;
    this.#history = [];
    this.#snapshots.clear();
  }

  /** Adds an object. The caller has checked that the name is free. */
  create(fields: F): Stored<F> {
    const record: Stored<F> = {
      ...fields,
      uid: randomUUID(),
      generation: 1,
      createdAt: timestamp(),
      resourceVersion: this.nextResourceVersion(),
    };
    this.#own().splice(this.#indexOf(keyOf(record)), 0, record);
    this.#publish({ type: 'ADDED', resourceVersion: record.resourceVersion, record });
    return record;
  }

  /** Replaces `record`, which must be the newest of its name, with a changed one. */
  update(record: Stored<F>, change: Change<F>): Stored<F> {
    const changed = { ...record, ...change, resourceVersion: this.nextResourceVersion() };
    this.#own()[this.#indexOf(keyOf(record))] = changed;
    this.#publish({ type: 'MODIFIED', resourceVersion: changed.resourceVersion, record: changed });
    return changed;
  }

  /** Removes a record, which must be the newest of its name. */
  delete(record: Stored<F>): void {
    const last = { ...record, resourceVersion: this.nextResourceVersion() };
    this.#own().splice(this.#indexOf(keyOf(record)), 1);
    this.#publish({ type: 'DELETED', resourceVersion: last.resourceVersion, record: last });
  }

  /** Ends all watches. Call it when the API of the resource is removed. */
  close(): void {
    this.#closed = true;
    for (const listener of this.#listeners) listener();
  }

  #own(): Stored<F>[] {
    if (this.#shared) {
      this.#records = this.#records.slice();
      this.#shared = false;
    }
    return this.#records;
  }

  /** The index of this key, or the index at which to insert it. */
  #indexOf(key: string): number {
    return lowerBound(this.#records, key);
  }

  #publish(event: StoreEvent<F>): void {
    this.#history.push(event);
    // Drops half of the history at a time, because dropping one event per write would move all others each time.
    if (this.#history.length > 2 * this.#historyLimit) {
      this.#history = this.#history.slice(-this.#historyLimit);
      this.#compactedAt = (this.#history[0]?.resourceVersion ?? this.resourceVersion) - 1;
    }
    for (const listener of this.#listeners) listener();
  }
}

/** The index of the first record whose key is not below `key`. */
export function lowerBound(records: readonly Named[], key: string): number {
  return firstIndex(records, (record) => keyOf(record) >= key);
}

function firstAfter(events: readonly Pick<StoreEvent, 'resourceVersion'>[], resourceVersion: number): number {
  return firstIndex(events, (event) => event.resourceVersion > resourceVersion);
}

/** Binary search: the first index for which `reached` holds, provided that it holds for all later ones. */
function firstIndex<T>(sorted: readonly T[], reached: (item: T) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = sorted[middle];
    if (item !== undefined && reached(item)) high = middle;
    else low = middle + 1;
  }
  return low;
}
