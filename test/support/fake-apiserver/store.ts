import { randomUUID } from 'node:crypto';
import type { JsonObject } from './json.ts';

/** Observed state of a Deployment, as its controller writes it. Absent until a controller has looked at it. */
export interface DeploymentStatus {
  readonly observedGeneration: number;
  readonly replicas: number;
  readonly readyReplicas: number;
}

/**
 * One Deployment, small: bodies of some 6 kB are made from it when somebody asks (see bodies.ts). A record never
 * changes; each write puts a new one in its place, so that a list's snapshot is a plain array.
 */
export interface DeploymentRecord {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: number;
  /** Counts changes of the spec, from 1. */
  readonly generation: number;
  /** RFC 3339, whole seconds. */
  readonly createdAt: string;
  readonly replicas: number;
  readonly status: DeploymentStatus | undefined;
  /** Labels, annotations and spec of a Deployment made through the API; without it the body is a sample's. */
  readonly source: DeploymentSource | undefined;
}

/** What a client wrote, kept as it came. */
export interface DeploymentSource {
  readonly labels: JsonObject | undefined;
  readonly annotations: JsonObject | undefined;
  /** Without `replicas`, which the record holds. */
  readonly spec: JsonObject;
}

/** What a write may change. */
export type DeploymentChange = Partial<
  Pick<DeploymentRecord, 'generation' | 'replicas' | 'status' | 'source'>
>;

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resourceVersion: number;
  /** For DELETED: the last state, with the resourceVersion of the deletion. */
  readonly record: DeploymentRecord;
}

/** All Deployments at one resourceVersion, in the API server's order. */
export interface Snapshot {
  readonly resourceVersion: number;
  readonly records: readonly DeploymentRecord[];
}

/** How many snapshots of begun, unfinished lists are kept: each costs 8 bytes a Deployment. */
const MAX_SNAPSHOTS = 16;
const FIRST_RESOURCE_VERSION = 200; // a new cluster has written about so much before its first Deployment

/** The key of a Deployment: what etcd sorts by. */
export const keyOf = (record: { namespace: string; name: string }) => `${record.namespace}/${record.name}`;

/** RFC 3339 in whole seconds, as metav1.Time is written. */
export const timestamp = (date = new Date()) => `${date.toISOString().slice(0, 19)}Z`;

/**
 * What etcd and the watch cache are to kube-apiserver: Deployments, one counter of resourceVersions for everything
 * that is written, and a bounded history of events for watches to resume from.
 */
export class Store {
  readonly #historyLimit: number;
  /** Sorted by key. Copied before a change once a snapshot has been given out. */
  #records: DeploymentRecord[] = [];
  #shared = false;
  #history: StoreEvent[] = [];
  /** Events up to this one are gone. */
  #compactedAt = FIRST_RESOURCE_VERSION;
  #resourceVersion = FIRST_RESOURCE_VERSION;
  readonly #snapshots = new Map<number, Snapshot>();
  readonly #listeners = new Set<() => void>();

  /** @param historyLimit events kept at least; older ones are forgotten by and by. */
  constructor(historyLimit: number) {
    this.#historyLimit = historyLimit;
  }

  /** The newest resourceVersion. */
  get resourceVersion(): number {
    return this.#resourceVersion;
  }

  /** The version below which watches and begun lists have expired. */
  get compactedAt(): number {
    return this.#compactedAt;
  }

  get size(): number {
    return this.#records.length;
  }

  /** Takes a resourceVersion for something that this store does not hold. */
  nextResourceVersion(): number {
    this.#resourceVersion += 1;
    return this.#resourceVersion;
  }

  /** Calls `listener` after each event, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get(namespace: string, name: string): DeploymentRecord | undefined {
    const key = keyOf({ namespace, name });
    const found = this.#records[this.#indexOf(key)];
    return found !== undefined && keyOf(found) === key ? found : undefined;
  }

  /** Everything as of now. It never changes afterwards, and costs nothing until the next write. */
  snapshot(): Snapshot {
    this.#shared = true;
    return { resourceVersion: this.#resourceVersion, records: this.#records };
  }

  /** Keeps a snapshot for the pages of a list to come; the oldest make room. */
  keepSnapshot(snapshot: Snapshot): void {
    this.#snapshots.set(snapshot.resourceVersion, snapshot);
    for (const old of this.#snapshots.keys()) {
      if (this.#snapshots.size <= MAX_SNAPSHOTS) break;
      this.#snapshots.delete(old);
    }
  }

  /** The kept snapshot of that version, or undefined once it has expired. */
  snapshotAt(resourceVersion: number): Snapshot | undefined {
    return this.#snapshots.get(resourceVersion);
  }

  /** Events after a version, oldest first, or undefined where some of them are forgotten. */
  eventsAfter(resourceVersion: number): readonly StoreEvent[] | undefined {
    if (resourceVersion < this.#compactedAt) return undefined;
    return this.#history.slice(firstAfter(this.#history, resourceVersion));
  }

  /** Forgets all history and every begun list, as etcd does once it is compacted. */
  compact(): void {
    this.#compactedAt = this.#resourceVersion;
    this.#history = [];
    this.#snapshots.clear();
  }

  /** Adds a Deployment; the caller has seen to it that there is none of that name. */
  create(
    draft: Pick<DeploymentRecord, 'namespace' | 'name' | 'replicas' | 'status' | 'source'>,
  ): DeploymentRecord {
    const record: DeploymentRecord = {
      ...draft,
      uid: randomUUID(),
      generation: 1,
      createdAt: timestamp(),
      resourceVersion: this.nextResourceVersion(),
    };
    this.#own().splice(this.#indexOf(keyOf(record)), 0, record);
    this.#publish({ type: 'ADDED', resourceVersion: record.resourceVersion, record });
    return record;
  }

  /** Puts a changed record in the place of `record`, which must be the newest of its name. */
  update(record: DeploymentRecord, change: DeploymentChange): DeploymentRecord {
    const changed = { ...record, ...change, resourceVersion: this.nextResourceVersion() };
    this.#own()[this.#indexOf(keyOf(record))] = changed;
    this.#publish({ type: 'MODIFIED', resourceVersion: changed.resourceVersion, record: changed });
    return changed;
  }

  /** Removes a record, which must be the newest of its name. */
  delete(record: DeploymentRecord): void {
    const last = { ...record, resourceVersion: this.nextResourceVersion() };
    this.#own().splice(this.#indexOf(keyOf(record)), 1);
    this.#publish({ type: 'DELETED', resourceVersion: last.resourceVersion, record: last });
  }

  #own(): DeploymentRecord[] {
    if (this.#shared) {
      this.#records = this.#records.slice();
      this.#shared = false;
    }
    return this.#records;
  }

  /** Where that key is, or would be put. */
  #indexOf(key: string): number {
    return lowerBound(this.#records, key);
  }

  #publish(event: StoreEvent): void {
    this.#history.push(event);
    // In halves, so that a write does not move the whole history each time.
    if (this.#history.length > 2 * this.#historyLimit) {
      this.#history = this.#history.slice(-this.#historyLimit);
      this.#compactedAt = (this.#history[0]?.resourceVersion ?? this.#resourceVersion) - 1;
    }
    for (const listener of this.#listeners) listener();
  }
}

/** Index of the first record whose key is not below `key`. */
export function lowerBound(records: readonly DeploymentRecord[], key: string): number {
  return firstIndex(records, (record) => keyOf(record) >= key);
}

function firstAfter(events: readonly StoreEvent[], resourceVersion: number): number {
  return firstIndex(events, (event) => event.resourceVersion > resourceVersion);
}

/** Binary search: the first index where `reached` holds, given that it holds for all after it. */
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
