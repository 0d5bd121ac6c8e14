/** A caller, as RBAC identifies it. */
export interface Subject {
  readonly user: string;
  readonly groups: readonly string[];
}

/** The decision on one question. */
export interface Decision {
  readonly allowed: boolean;
  /** From when on a list may renew it, before it expires; on the clock of performance.now(). */
  readonly renewAt: number;
  /**
   * When the cluster must be asked again, on the clock of performance.now(). The decision is kept longer, for outages.
   */
  readonly expiresAt: number;
}

interface Kept {
  readonly decision: Decision;
  /** When it was last moved to the end of its share. */
  movedAt: number;
}

/** The decisions on one subject, the least recently used first. */
interface Share {
  readonly subject: string;
  readonly decisions: Map<string, Kept>;
}

/** A decision is moved at most once in this time, because moving it costs more than looking it up. */
const MOVE_MS = 1_000;

/**
 * Caches decisions in shares, one per subject. While there is room, one subject may use all of it. When the cache is
 * full, the subject with the most decisions loses its least recently used one. So a subject that asks for many names
 * does not displace the decisions on others.
 */
export class Decisions {
  readonly #max: number;
  #size = 0;
  /** The shares that are not empty, by subject. */
  readonly #shares = new Map<string, Share>();
  /** The shares by their size. */
  readonly #bySize = new Map<number, Set<Share>>();
  #largest = 0;

  /** @param max how many decisions are kept in total */
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

  /** Records a share under its new size, which differs from the old one by at most 1. */
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

/**
 * The key of a user with its groups. It is built once per subject object, and a connection always uses the same object.
 */
export function keyOf(subject: Subject): string {
  let key = keys.get(subject);
  if (key === undefined) {
    // Names have no line breaks, so different subjects have different keys.
    key = [subject.user, ...subject.groups].join('\n');
    keys.set(subject, key);
  }
  return key;
}
