import { LRUCache } from 'lru-cache';

/** A write whose outcome the API server did not tell. */
export interface UnknownWrite {
  readonly namespace: string;
  readonly deployment: string;
  readonly uid: string;
  readonly replicas: number;
  readonly user: string;
  /** The id of the batch that it is of; undefined: of none. */
  readonly batch: string | undefined;
  /** When it began, in seconds since 1970. */
  readonly since: number;
}

/** How long a write may still land: an API server gives up after a minute, but its etcd may hang for longer. */
const KEPT_SECONDS = 15 * 60;
const MAX_KEPT = 1_000;

/**
 * The writes whose outcome is not known, until the watch shows them. They are known again by the Deployment and the count:
 * that the service made a change stands in managedFields, and who asked it to does not. A later write of the same count
 * takes the place of an earlier one.
 */
export class LateWrites {
  readonly #kept = new LRUCache<string, UnknownWrite>({ max: MAX_KEPT });

  add(write: UnknownWrite): void {
    this.#kept.set(keyOf(write.uid, write.replicas), write);
  }

  /** The write of this count, if it is kept. It is not kept any longer. */
  take(uid: string, replicas: number): UnknownWrite | undefined {
    const key = keyOf(uid, replicas);
    const write = this.#kept.get(key);
    this.#kept.delete(key);
    const isOld = write !== undefined && Date.now() / 1000 - write.since > KEPT_SECONDS;
    return isOld ? undefined : write;
  }
}

function keyOf(uid: string, replicas: number): string {
  return `${uid} ${replicas}`;
}
