import type { CountChange } from './count-history.ts';

/** How many changes of one Deployment are shown. Its record holds the last one, and the journal those before. */
export const MAX_CHANGES = 20;

/** A change in the ring, between the one that was made before it, of any Deployment, and the one after. */
interface Entry {
  readonly uid: string;
  readonly change: CountChange;
  older: Entry | undefined;
  newer: Entry | undefined;
}

/** An entry, its change with the time of it, and its place in the list of its Deployment. */
const ENTRY_BYTES = 184;
/** The list of a Deployment, its uid, and its place in the table of them. */
const LIST_BYTES = 168;
/** What a string takes besides its characters. */
const TEXT_BYTES = 24;
const NONE: readonly Entry[] = [];

/**
 * The earlier changes of the counts of all Deployments: all but the last of each. It holds 19 of each Deployment, and no
 * more than a number of bytes in total, for which it drops the oldest of all.
 */
export class Journal {
  readonly #maxBytes: number;
  /** By uid of the Deployment, oldest first. A Deployment without entries has no list. */
  readonly #lists = new Map<string, readonly Entry[]>();
  #oldest: Entry | undefined;
  #newest: Entry | undefined;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** An upper bound of the memory that it takes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The changes of a Deployment that it holds, newest first. */
  of(uid: string): readonly CountChange[] {
    return (this.#lists.get(uid) ?? NONE).map(({ change }) => change).reverse();
  }

  /** Adds a change, which is later than all that it holds. */
  add(uid: string, change: CountChange): void {
    const list = this.#lists.get(uid) ?? NONE;
    const [oldest] = list;
    // Each event of a watch has a string of its own for the uid.
    const entry = { uid: oldest?.uid ?? uid, change, older: this.#newest, newer: undefined };
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
    this.#bytes += bytesOf(change);
    // An array that has grown has room for more items, which the result of concat has not.
    this.#setList(uid, list.concat(entry));
    if (oldest !== undefined && list.length + 1 >= MAX_CHANGES) this.#drop(oldest);
    this.#trim();
  }

  /** Says who made a change that it holds. */
  setUser(change: CountChange, user: string): void {
    this.#bytes -= bytesOf(change);
    change.user = user;
    this.#bytes += bytesOf(change);
    this.#trim();
  }

  /** Drops the changes of a Deployment. */
  forget(uid: string): void {
    for (const entry of this.#lists.get(uid) ?? NONE) this.#drop(entry);
  }

  #trim(): void {
    while (this.#bytes > this.#maxBytes && this.#oldest !== undefined) this.#drop(this.#oldest);
  }

  /** @param entry the oldest of its Deployment */
  #drop({ uid, change, older, newer }: Entry): void {
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    this.#bytes -= bytesOf(change);
    this.#setList(uid, (this.#lists.get(uid) ?? NONE).slice(1));
  }

  #setList(uid: string, list: readonly Entry[]): void {
    if (list.length === 0) {
      if (this.#lists.delete(uid)) this.#bytes -= LIST_BYTES;
      return;
    }
    if (!this.#lists.has(uid)) this.#bytes += LIST_BYTES;
    this.#lists.set(uid, list);
  }
}

/** The names of managers are counted for each change, although many changes share one. */
function bytesOf({ resourceVersion, manager, user }: CountChange): number {
  return ENTRY_BYTES + bytesOfText(resourceVersion) + bytesOfText(manager) + bytesOfText(user);
}

/** A character takes one or two bytes. */
function bytesOfText(text: string | undefined): number {
  return text === undefined ? 0 : TEXT_BYTES + 2 * text.length;
}
