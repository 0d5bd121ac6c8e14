import { LRUCache } from 'lru-cache';
import type { InformerHandler } from '../../kube/reflector/informer.ts';
import type { Deployment } from '../deployment.ts';
import { toolOf } from './tools.ts';
import { FIELD_MANAGER, ownerOfCount, type Writer } from './writers.ts';

/** A change of a replica count that the watch has shown. */
export interface CountChange {
  /** Of the Deployment, right after the change. */
  readonly resourceVersion: string;
  /** When the watch showed it, in seconds since 1970: managedFields have no time for writes through `scale`. */
  readonly at: number;
  readonly from: number;
  readonly to: number;
  /**
   * The field manager that made it; undefined: nobody owns the count. That is so after a write of 0 by anybody but this
   * service, and of any count through `scale` while nobody owned it.
   */
  readonly manager: string | undefined;
  /** Who made it, if it was a write of this replica. */
  user?: string;
}

/** A tool that wrote a count until somebody else did. Its next run still has that count. */
export interface TakenFrom {
  readonly writer: Writer;
  readonly replicas: number;
}

/** What the watch has shown of the count of one Deployment. */
export interface CountRecord {
  readonly lastChange: CountChange | undefined;
  /** The change by somebody else that followed a write of this service. */
  readonly override: CountChange | undefined;
  /** The tools that wrote the count before. */
  readonly takenFrom: readonly TakenFrom[];
  /**
   * Whether the count had been written through the scale subresource already when the watch first showed the Deployment.
   * Who wrote it before that is not known.
   */
  readonly startedTaken: boolean;
}

/** How long after a write of this service a change by somebody else counts as an override. */
const OVERRIDE_SECONDS = 5 * 60;
/** How many changes, and how many writes whose change is still to be seen, are kept. */
const MAX_RECENT = 1_000;
const NOBODY: readonly TakenFrom[] = [];
/** How many tools are remembered per Deployment, the latest ones. */
const MAX_TAKEN_FROM = 4;

/**
 * Remembers of each Deployment whose count has changed who changed it last, and from whom it was taken: once a count is
 * changed, managedFields no longer say whose it was. It begins with the start of the service, and holds one record for
 * each of these Deployments.
 */
export class CountHistory implements InformerHandler<Deployment> {
  readonly #onOverride: (deployment: Deployment, change: CountChange) => void;
  readonly #records = new Map<string, CountRecord>();
  /** By uid and resourceVersion. */
  readonly #recent = new LRUCache<string, CountChange>({ max: MAX_RECENT });
  /** The users of writes, by uid and resourceVersion, until the watch shows the changes. */
  readonly #users = new LRUCache<string, string>({ max: MAX_RECENT });
  #version = 0;

  constructor(onOverride: (deployment: Deployment, change: CountChange) => void) {
    this.#onOverride = onOverride;
  }

  /** Rises with every change of a Deployment or of what is known of its count. */
  get version(): number {
    return this.#version;
  }

  /** undefined: the count has not changed since the start. */
  of({ uid }: Deployment): CountRecord | undefined {
    return this.#records.get(uid);
  }

  /** The change that produced this resourceVersion, if the watch has shown it lately. */
  changeAt(uid: string, resourceVersion: string): CountChange | undefined {
    return this.#recent.get(keyOf(uid, resourceVersion));
  }

  /**
   * Says who made the write that the API server answered with this resourceVersion.
   * @returns false if another writer has made that version, so that this write changed nothing
   */
  wrote(uid: string, resourceVersion: string, user: string): boolean {
    const key = keyOf(uid, resourceVersion);
    const change = this.#recent.get(key);
    if (change === undefined) {
      if (this.#users.has(key)) return false;
      this.#users.set(key, user);
      return true;
    }
    if (change.manager !== FIELD_MANAGER || change.user !== undefined) return false;
    change.user = user;
    this.#version += 1;
    return true;
  }

  added(): void {
    this.#version += 1;
  }

  updated(item: Deployment, previous: Deployment): void {
    this.#version += 1;
    const record = this.#records.get(item.uid);
    const changed = item.replicas !== previous.replicas;
    if (!changed && record === undefined) return;
    const change = changed ? this.#changeOf(item, previous) : undefined;
    const override = change && isOverride(change, record?.lastChange) ? change : undefined;
    if (override !== undefined) this.#onOverride(item, override);
    const isOwn = change?.manager === FIELD_MANAGER;
    this.#records.set(item.uid, {
      lastChange: change ?? record?.lastChange,
      override: override ?? (isOwn ? undefined : record?.override),
      takenFrom: takenFrom(item, previous, record?.takenFrom ?? NOBODY),
      startedTaken: record?.startedTaken ?? wasTaken(previous),
    });
  }

  deleted({ uid }: Deployment): void {
    this.#version += 1;
    this.#records.delete(uid);
  }

  #changeOf(item: Deployment, previous: Deployment): CountChange {
    const { uid, resourceVersion } = item;
    const owner = ownerOfCount(item.writers);
    const key = keyOf(uid, resourceVersion);
    const user = this.#users.get(key);
    this.#users.delete(key);
    const change: CountChange = {
      resourceVersion,
      at: Date.now() / 1000,
      from: previous.replicas,
      to: item.replicas,
      manager: owner?.manager,
      ...(user !== undefined && { user }),
    };
    this.#recent.set(key, change);
    return change;
  }
}

/**
 * Whether the present count was written through the scale subresource. Whose it was before, managedFields have forgotten.
 * A 0 that nobody owns was.
 */
export function wasTaken({ writers, replicas }: Deployment): boolean {
  const owner = ownerOfCount(writers);
  return owner === undefined ? replicas === 0 : owner.viaScale;
}

function keyOf(uid: string, resourceVersion: string): string {
  return `${uid} ${resourceVersion}`;
}

/**
 * Whether somebody else made this change up to 5 minutes after a write of this service. Every replica sees in
 * managedFields which writes are those of the service, so all judge alike.
 */
function isOverride(change: CountChange, previous: CountChange | undefined): boolean {
  if (previous?.manager !== FIELD_MANAGER || change.manager === FIELD_MANAGER) return false;
  return change.at - previous.at <= OVERRIDE_SECONDS;
}

/** The tools whose count has been taken from them, after this update. */
function takenFrom(
  item: Deployment,
  previous: Deployment,
  known: readonly TakenFrom[],
): readonly TakenFrom[] {
  const lost = previous.writers
    .filter((writer) => writer.ownsCount && toolOf(writer) !== undefined)
    .filter((writer) => wasTakenFrom(writer, item, previous))
    .map((writer) => ({
      writer: { ...writer, at: entryOf(item, writer)?.at ?? 0 },
      replicas: previous.replicas,
    }));
  const still = known.filter(({ writer }) => {
    const entry = entryOf(item, writer);
    // A tool that has the count again, or has applied again without one, has none written down any more.
    return entry === undefined || (!entry.ownsCount && entry.at === writer.at);
  });
  return still.length + lost.length === 0 ? NOBODY : [...still, ...lost].slice(-MAX_TAKEN_FROM);
}

/** Whether somebody else has taken the count from this writer. An applier may also have left it out of its next apply. */
function wasTakenFrom(writer: Writer, item: Deployment, previous: Deployment): boolean {
  const entry = entryOf(item, writer);
  if (entry?.ownsCount) return false;
  if (writer.operation === 'Update') return true;
  // The count of an applier can be taken only by another count, which leaves the time of its entry as it is.
  return item.replicas !== previous.replicas && (entry === undefined || entry.at === writer.at);
}

function entryOf({ writers }: Deployment, writer: Writer): Writer | undefined {
  return writers.find((each) => isSame(each, writer));
}

function isSame(a: Writer, b: Writer): boolean {
  return a.manager === b.manager && a.operation === b.operation && a.viaScale === b.viaScale;
}
