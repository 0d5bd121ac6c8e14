import { LRUCache } from 'lru-cache';
import type { InformerHandler } from '../../kube/reflector/informer.ts';
import type { Deployment } from '../deployment.ts';
import { type Fight, fightAfter } from './fight.ts';
import { Journal } from './journal.ts';
import { LateWrites, type UnknownWrite } from './late-writes.ts';
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
  /** How it made it: as managedFields note it; undefined: as `manager`. */
  readonly operation: Writer['operation'] | undefined;
  /** Whether it was made through the scale subresource. */
  readonly viaScale: boolean;
  /** Whether it is by somebody else than the service, up to 5 minutes after a write of the service. */
  readonly overrode: boolean;
  /** Who made it, if it was a write of this replica, as far as can be told. */
  user: string | undefined;
}

/** The changes of the count of one Deployment since the start, or since it was created. */
export interface SeenChanges {
  /** Newest first. */
  readonly changes: readonly CountChange[];
  /** Whether there were older ones. */
  readonly truncated: boolean;
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
  /** The latest fight, which may be over. */
  readonly fight: Fight | undefined;
  /** How many changes the watch has shown. */
  readonly changes: number;
}

/** Is told what follows from a change. */
export interface CountListener {
  /** Somebody else has changed a count that the service had set within the last 5 minutes. */
  overridden(deployment: Deployment, change: CountChange): void;
  /** Two managers have begun to set the count in turn. */
  contested(deployment: Deployment, fight: Fight): void;
  /** A write whose outcome was not known has been made after all. */
  landed(write: UnknownWrite, change: CountChange): void;
}

/** How long after a write of this service a change by somebody else counts as an override. */
const OVERRIDE_SECONDS = 5 * 60;
/** How many writes whose change is still to be seen are kept. */
const MAX_UNSEEN = 1_000;
const NOBODY: readonly TakenFrom[] = [];
const NEVER: readonly CountChange[] = [];
/** How many tools are remembered per Deployment, the latest ones. */
const MAX_TAKEN_FROM = 4;

/**
 * Remembers of each Deployment whose count has changed who changed it, and from whom it was taken: once a count is
 * changed, managedFields no longer say whose it was. It begins with the start of the service. It holds one record with the
 * last change for each of these Deployments, and the changes before that in a journal of limited size.
 */
export class CountHistory implements InformerHandler<Deployment> {
  readonly #listener: CountListener;
  readonly #records = new Map<string, CountRecord>();
  readonly #journal: Journal;
  /** The users of writes, by uid and resourceVersion, until the watch shows the changes. */
  readonly #users = new LRUCache<string, string>({ max: MAX_UNSEEN });
  readonly #late = new LateWrites();
  /** The changes, by uid and resourceVersion, that were taken for such a write. None is taken for two. */
  readonly #landed = new LRUCache<string, true>({ max: MAX_UNSEEN });
  #version = 0;

  /** @param journalBytes how much memory the changes before the last ones may take */
  constructor(listener: CountListener, journalBytes: number) {
    this.#listener = listener;
    this.#journal = new Journal(journalBytes);
  }

  /** Rises with every change of a Deployment or of what is known of its count. */
  get version(): number {
    return this.#version;
  }

  /** undefined: the count has not changed since the start. */
  of({ uid }: Deployment): CountRecord | undefined {
    return this.#records.get(uid);
  }

  /** The changes of the count since the start, as far as they are kept. */
  changesOf({ uid }: Deployment): SeenChanges {
    const record = this.#records.get(uid);
    const changes = this.#seen(uid, record);
    return { changes, truncated: record !== undefined && record.changes > changes.length };
  }

  /** The change that produced this resourceVersion, if the watch has shown it lately. */
  changeAt(uid: string, resourceVersion: string): CountChange | undefined {
    const changes = this.#seen(uid, this.#records.get(uid));
    return changes.find((change) => change.resourceVersion === resourceVersion);
  }

  /**
   * Says who made the write that the API server answered with this resourceVersion.
   * @returns false if another writer has made that version, so that this write changed nothing
   */
  wrote(uid: string, resourceVersion: string, user: string): boolean {
    const change = this.changeAt(uid, resourceVersion);
    if (change === undefined) {
      const key = keyOf(uid, resourceVersion);
      if (this.#users.has(key)) return false;
      this.#users.set(key, user);
      return true;
    }
    if (change.manager !== FIELD_MANAGER || change.user !== undefined) return false;
    this.#setUser(uid, change, user);
    return true;
  }

  /**
   * Says who asked for a write whose outcome is not known. If the watch has shown a change to its count by the service, or shows
   * it later, that is probably this write. It is not certain: another replica may have made it for somebody else, so the change
   * gets no user.
   */
  mayHaveWritten(write: UnknownWrite): void {
    const { uid, replicas, since } = write;
    const isIt = ({ at, to, manager, user: by, resourceVersion }: CountChange) =>
      at >= since &&
      to === replicas &&
      manager === FIELD_MANAGER &&
      by === undefined &&
      !this.#landed.has(keyOf(uid, resourceVersion));
    const change = this.#seen(uid, this.#records.get(uid)).find(isIt);
    if (change === undefined) {
      this.#late.add(write);
      return;
    }
    this.#hasLanded(write, change);
  }

  #hasLanded(write: UnknownWrite, change: CountChange): void {
    this.#landed.set(keyOf(write.uid, change.resourceVersion), true);
    this.#listener.landed(write, change);
  }

  /**
   * The write of this count whose outcome was not known, if there is one. It is forgotten: call it before another write of the
   * same count, which is then the one that a change is taken for.
   */
  takeUnknown(uid: string, replicas: number): UnknownWrite | undefined {
    return this.#late.take(uid, replicas);
  }

  #setUser(uid: string, change: CountChange, user: string): void {
    if (change === this.#records.get(uid)?.lastChange) change.user = user;
    else this.#journal.setUser(change, user);
    this.#version += 1;
  }

  added(): void {
    this.#version += 1;
  }

  updated(item: Deployment, previous: Deployment): void {
    this.#version += 1;
    const { uid } = item;
    const record = this.#records.get(uid);
    if (item.replicas !== previous.replicas) {
      this.#changed(item, previous, record);
      return;
    }
    if (record === undefined) return;
    const taken = takenFrom(item, previous, record.takenFrom);
    if (taken !== record.takenFrom) this.#records.set(uid, { ...record, takenFrom: taken });
  }

  deleted({ uid }: Deployment): void {
    this.#version += 1;
    this.#records.delete(uid);
    this.#journal.forget(uid);
  }

  #changed(item: Deployment, previous: Deployment, record: CountRecord | undefined): void {
    const { uid } = item;
    const change = this.#changeOf(item, previous, record?.lastChange);
    const isUnclaimed = change.manager === FIELD_MANAGER && change.user === undefined;
    const late = isUnclaimed ? this.#late.take(uid, change.to) : undefined;
    const fight = fightAfter([change, ...this.#seen(uid, record)], record?.fight);
    const isOwn = change.manager === FIELD_MANAGER;
    if (record?.lastChange !== undefined) this.#journal.add(uid, record.lastChange);
    this.#records.set(uid, {
      lastChange: change,
      override: change.overrode ? change : isOwn ? undefined : record?.override,
      takenFrom: takenFrom(item, previous, record?.takenFrom ?? NOBODY),
      startedTaken: record?.startedTaken ?? wasTaken(previous),
      fight,
      changes: (record?.changes ?? 0) + 1,
    });
    if (late !== undefined) this.#hasLanded(late, change);
    if (change.overrode) this.#listener.overridden(item, change);
    // A fight that goes on keeps the names of the two.
    if (fight !== undefined && fight.between !== record?.fight?.between)
      this.#listener.contested(item, fight);
  }

  /** Newest first. */
  #seen(uid: string, record: CountRecord | undefined): readonly CountChange[] {
    return record?.lastChange === undefined ? NEVER : [record.lastChange, ...this.#journal.of(uid)];
  }

  #changeOf(item: Deployment, previous: Deployment, lastChange: CountChange | undefined): CountChange {
    const { uid, resourceVersion } = item;
    const owner = ownerOfCount(item.writers);
    const key = keyOf(uid, resourceVersion);
    const user = this.#users.get(key);
    this.#users.delete(key);
    const at = Date.now() / 1000;
    // All fields at once: a field that is added later takes more memory.
    return {
      resourceVersion,
      at,
      from: previous.replicas,
      to: item.replicas,
      manager: owner?.manager,
      operation: owner?.operation,
      viaScale: owner?.viaScale ?? false,
      overrode: isOverride(owner?.manager, at, lastChange),
      user,
    };
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
 * Whether a change by this manager at this time is by somebody else, up to 5 minutes after a write of this service. Every
 * replica sees in managedFields which writes are those of the service, so all judge alike.
 */
function isOverride(manager: string | undefined, at: number, previous: CountChange | undefined): boolean {
  if (previous?.manager !== FIELD_MANAGER || manager === FIELD_MANAGER) return false;
  return at - previous.at <= OVERRIDE_SECONDS;
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
