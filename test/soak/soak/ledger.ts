interface Entry {
  readonly value: number;
  /** Since when it may have been the count. */
  readonly from: number;
  /** When it had certainly been replaced. */
  until: number;
  /** Whether it is not known if the write was made: it may still be, while the API server has not forgotten it. */
  doubtful: boolean;
}

/** One write of a ledger. Exactly one of these is called when it has been answered. */
export interface NotedWrite {
  made(at: number): void;
  /** @param why the error code */
  notMade(at: number, why: string): void;
  /** The answer does not tell whether it was made. */
  unknown(why: string): void;
}

/** Ends of writes that a ledger can tell of. */
const KEPT = 6;

/** Entries that ended longer ago than this are forgotten: no answer is older. */
const FORGET_MS = 600_000;

/**
 * What the count of one Deployment may be at each time, as its only writer knows it. All times are in milliseconds of
 * one clock. Writes must not overlap.
 */
export class Ledger {
  readonly namespace: string;
  readonly name: string;
  #entries: Entry[];
  readonly #ends: string[] = [];
  /** Whether a write has been sent and not been answered. */
  #underWay = false;

  constructor(namespace: string, name: string, value: number, at: number) {
    this.namespace = namespace;
    this.name = name;
    this.#entries = [{ value, from: at, until: Number.POSITIVE_INFINITY, doubtful: false }];
  }

  /** Whether a write has ended, of which it is not known if it was made. */
  get doubtful(): boolean {
    return !this.#underWay && this.#open.length > 1;
  }

  /** The newest value that was certainly set. While `doubtful`, it may have been replaced. */
  get value(): number {
    const known = this.#open.findLast((entry) => !entry.doubtful) ?? this.#open.at(-1);
    if (known === undefined) throw new Error('a ledger always has a value');
    return known.value;
  }

  /** How its last writes ended, such as `7 made, 8 KUBERNETES_TIMEOUT`, to explain a count that is wrong. */
  get story(): string {
    return this.#ends.join(', ');
  }

  /** The values that the count may have had at some time between the two. */
  possible(from: number, until: number): Set<number> {
    const during = this.#entries.filter((entry) => entry.from <= until && entry.until >= from);
    return new Set(during.map(({ value }) => value));
  }

  /** A write of this value is about to be sent. */
  sends(value: number, at: number): NotedWrite {
    this.#entries = this.#entries.filter((entry) => entry.until > at - FORGET_MS);
    const before = this.#open;
    const entry: Entry = { value, from: at, until: Number.POSITIVE_INFINITY, doubtful: true };
    this.#entries.push(entry);
    this.#underWay = true;
    const tell = (end: string) => {
      this.#underWay = false;
      this.#ends.push(`${value} ${end}`);
      if (this.#ends.length > KEPT) this.#ends.shift();
    };
    return {
      made: (end) => {
        tell('made');
        entry.doubtful = false;
        // A write that was doubtful before may still be made after this one.
        for (const old of before) if (!old.doubtful) old.until = end;
      },
      notMade: (end, why) => {
        tell(why);
        entry.until = end;
      },
      unknown: tell,
    };
  }

  /** The API server has been asked, and nothing that was sent before can still be made. No write may be under way. */
  settle(value: number, at: number): void {
    for (const entry of this.#open) entry.until = at;
    this.#entries.push({ value, from: at, until: Number.POSITIVE_INFINITY, doubtful: false });
  }

  get #open(): Entry[] {
    return this.#entries.filter((entry) => entry.until === Number.POSITIVE_INFINITY);
  }
}
