/** Somebody who asks, as RBAC knows them. */
export interface Subject {
  readonly user: string;
  readonly groups: readonly string[];
}

/** What was decided of one question. */
export interface Decision {
  readonly allowed: boolean;
  /** When it has to be asked again, on the clock of performance.now(). It is kept beyond that. */
  readonly expiresAt: number;
}

interface Kept {
  readonly decision: Decision;
  /** When it was last moved to the end of its share. */
  movedAt: number;
}

/** The decisions about one subject, the least recently used first. */
interface Share {
  readonly subject: string;
  readonly decisions: Map<string, Kept>;
}

/** A decision that is used more often than this is not moved each time: that would cost more than the look-up. */
const MOVE_MS = 1_000;

/**
 * Remembers decisions in shares, one per subject. While there is room, one subject may use all of it. When it is full,
 * the subject with the most decisions loses its least recently used one, so that nobody who asks for many names pushes
 * out the decisions of others.
 */
export class Decisions {
  readonly #max: number;
  #size = 0;
  /** By subject; those that are not empty. */
  readonly #shares = new Map<string, Share>();
  /** By how many decisions they hold. */
  readonly #bySize = new Map<number, Set<Share>>();
  #largest = 0;

  /** @param max decisions in all */
  constructor(max: number) {
    this.#max = max;
  }

  /**
   * @param subject as `keyOf` returns it
   * @param now on the clock of performance.now()
   */
  get(subject: string, question: string, now: number): Decision | undefined {
    const share = this.#shares.get(subject);
    const kept = share?.decisions.get(question);
    if (share === undefined || kept === undefined) return undefined;
    if (now - kept.movedAt > MOVE_MS) {
      kept.movedAt = now;
      share.decisions.delete(question);
      share.decisions.set(question, kept);
    }
    return kept.decision;
  }

  /**
   * @param subject as `keyOf` returns it
   * @param now on the clock of performance.now()
   */
  set(subject: string, question: string, decision: Decision, now: number): void {
    const share = this.#shares.get(subject) ?? { subject, decisions: new Map() };
    const before = share.decisions.size;
    share.decisions.delete(question);
    share.decisions.set(question, { decision, movedAt: now });
    this.#resized(share, before);
    if (this.#size > this.#max) this.#forgetOne();
  }

  #forgetOne(): void {
    const [share] = this.#bySize.get(this.#largest) ?? [];
    const [oldest] = share?.decisions.keys() ?? [];
    if (share === undefined || oldest === undefined) return;
    const before = share.decisions.size;
    share.decisions.delete(oldest);
    this.#resized(share, before);
  }

  /** Books a share under its new size, which differs by one at most. */
  #resized(share: Share, before: number): void {
    const { size } = share.decisions;
    if (size === before) return;
    this.#size += size - before;
    const peers = this.#bySize.get(before);
    peers?.delete(share);
    if (peers?.size === 0) this.#bySize.delete(before);
    if (size === 0) {
      this.#shares.delete(share.subject);
    } else {
      this.#shares.set(share.subject, share);
      const ofSize = this.#bySize.get(size) ?? new Set();
      this.#bySize.set(size, ofSize.add(share));
    }
    if (size > this.#largest || !this.#bySize.has(this.#largest)) this.#largest = size;
  }
}

const keys = new WeakMap<Subject, string>();

/** Names the user with these groups. It is put together once per object: a connection keeps its own. */
export function keyOf(subject: Subject): string {
  let key = keys.get(subject);
  if (key === undefined) {
    // Names hold no line breaks, so that no two subjects have the same key.
    key = [subject.user, ...subject.groups].join('\n');
    keys.set(subject, key);
  }
  return key;
}
