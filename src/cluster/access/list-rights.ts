import { Turns } from '../../kube/client/turns.ts';
import { CALL_PLACES, MAX_WAITING_CALLS } from '../call-places.ts';
import type { Authorizer } from './authorizer.ts';
import { keyOf, type Subject } from './decisions.ts';
import { listIn } from './sweeps.ts';

/** How often the rights of those who follow events are asked for again. All times are in milliseconds. */
export interface ListRightsTiming {
  /** The longest time for which a decision holds, even if it is remembered for longer. */
  readonly holdsMs: number;
  /** The pause after a review that failed, and the shortest time for which a decision holds. */
  readonly retryMs: number;
}

/** Is told what happens to rights. */
export interface ListRightsListener {
  /** A namespace has been decided, or what the subject may list has changed. */
  more(): void;
  /** The subject may not list any longer. */
  denied(): void;
}

/** What a subject was found to have the right to list. */
interface Found {
  /** undefined: it wants to follow all namespaces. */
  readonly namespace: string | undefined;
  /** The namespaces that it may list; undefined: all that it wants. */
  readonly shown: readonly string[] | undefined;
  /** Finds the namespaces that it may list now. */
  readonly find: () => Promise<readonly string[]>;
}

const TIMING: ListRightsTiming = { holdsMs: 4 * 60_000, retryMs: 2_000 };

/** The rights of all who follow the events of a cluster. Those of one subject share what is known. */
export class ListRightsOfAll {
  readonly #authorizer: Authorizer;
  readonly #timing: ListRightsTiming;
  readonly #turns = new Turns(CALL_PLACES.streams, MAX_WAITING_CALLS);
  /** Those that somebody follows. */
  readonly #followed = new Map<string, ListRights>();

  constructor(authorizer: Authorizer, timing = TIMING) {
    this.#authorizer = authorizer;
    this.#timing = timing;
  }

  /** The rights of a subject that has just been found to have them. Those who follow it already get them too. */
  of(subject: Subject, found: Found): ListRights {
    const key = `${found.namespace ?? ''}\n${keyOf(subject)}`;
    const followed = this.#followed.get(key);
    followed?.learn(found);
    return (
      followed ??
      new ListRights(subject, found, {
        authorizer: this.#authorizer,
        timing: this.#timing,
        inTurn: (action) => this.#turns.run(subject.user, action),
        onFollowed: (rights) => this.#followed.set(key, rights),
        onLeft: (rights) => {
          if (this.#followed.get(key) === rights) this.#followed.delete(key);
        },
      })
    );
  }

  /** Asks for nothing any more, and leaves no timer behind. */
  stop(): void {
    for (const rights of this.#followed.values()) rights.stop();
  }
}

interface Parts {
  readonly authorizer: Authorizer;
  readonly timing: ListRightsTiming;
  readonly inTurn: (review: () => Promise<boolean>) => Promise<boolean>;
  readonly onFollowed: (rights: ListRights) => void;
  readonly onLeft: (rights: ListRights) => void;
}

/**
 * What one subject may list, over time: in one namespace, or in all. It is asked for again when the decision that is
 * remembered ends, and after some minutes in any case. While the API server cannot be asked, a decision holds as long as
 * for any read.
 */
export class ListRights {
  readonly #subject: Subject;
  readonly #namespace: string | undefined;
  readonly #find: Found['find'];
  readonly #parts: Parts;
  readonly #listeners = new Set<ListRightsListener>();
  /** Whether it may list everything that it has asked for, so that no namespace needs a decision. */
  #all: boolean;
  /** Otherwise: the decisions on namespaces. */
  readonly #decided = new Map<string, boolean>();
  readonly #asking = new Set<string>();
  #version = 0;
  #areGone = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(subject: Subject, { namespace, shown, find }: Found, parts: Parts) {
    this.#subject = subject;
    this.#namespace = namespace;
    this.#find = find;
    this.#parts = parts;
    this.#all = shown === undefined;
    for (const each of shown ?? []) this.#decided.set(each, true);
  }

  /** Rises when the subject may list more or less than before. */
  get version(): number {
    return this.#version;
  }

  /** Whether the subject may not list any longer. */
  get areGone(): boolean {
    return this.#areGone;
  }

  /**
   * Whether the subject may list this namespace, which is among those that it has asked for; undefined: that is being
   * asked, and the listeners are told when it is worth to ask again.
   */
  allows(namespace: string): boolean | undefined {
    if (this.#all) return true;
    const decided = this.#decided.get(namespace);
    if (decided === undefined && !this.#asking.has(namespace)) void this.#decide(namespace);
    return decided;
  }

  /**
   * Takes over what the subject has just been found to have. A review that runs may be older than that, or may wait for
   * its turn: until it ends, nobody may see more than that, or miss what the reader that was found to have it knows.
   */
  learn({ shown }: Found): void {
    const before = this.#version;
    const all = shown === undefined;
    if (all !== this.#all) {
      this.#all = all;
      this.#decided.clear();
      this.#version += 1;
    }
    for (const namespace of shown ?? []) this.#allow(namespace);
    if (this.#version !== before) this.#tell();
  }

  /** Follows the rights. Returns the function that ends that. */
  listen(listener: ListRightsListener): () => void {
    if (this.#listeners.size === 0) {
      this.#parts.onFollowed(this);
      this.#askAgainLater();
    }
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.stop();
      this.#parts.onLeft(this);
    };
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #decide(namespace: string): Promise<void> {
    const { authorizer, timing } = this.#parts;
    this.#asking.add(namespace);
    try {
      const allowed = await authorizer.allows(this.#subject, listIn(namespace));
      if (allowed) this.#allow(namespace);
      else this.#decided.set(namespace, false);
      this.#asking.delete(namespace);
      this.#tell();
    } catch {
      // The authorizer has logged it. Until there is a decision, the subject sees nothing of what follows.
      setTimeout(() => {
        this.#asking.delete(namespace);
        this.#tell();
      }, timing.retryMs).unref();
    }
  }

  /**
   * A namespace that had no decision is news too: it may have had Deployments while the subject might not list them, which
   * no frame has shown.
   */
  #allow(namespace: string): void {
    if (this.#decided.get(namespace) === true) return;
    this.#decided.set(namespace, true);
    this.#version += 1;
  }

  #askAgainLater(afterFailure = false): void {
    const { timing } = this.#parts;
    const ms = afterFailure ? timing.retryMs : Math.max(timing.retryMs, this.#holdsMs());
    this.#timer = setTimeout(() => void this.#askAgain(), ms).unref();
  }

  /** For how long the decisions hold to which the subject owes what it sees. */
  #holdsMs(): number {
    const { authorizer, timing } = this.#parts;
    const now = performance.now();
    let holdsMs = timing.holdsMs;
    for (const namespace of this.#all ? [this.#namespace] : this.#allowed) {
      const expiresAt = authorizer.lastDecision(this.#subject, listIn(namespace))?.expiresAt;
      if (expiresAt !== undefined) holdsMs = Math.min(holdsMs, expiresAt - now);
    }
    return holdsMs;
  }

  get #allowed(): string[] {
    return [...this.#decided].filter(([, allowed]) => allowed).map(([namespace]) => namespace);
  }

  async #askAgain(): Promise<void> {
    const timer = this.#timer;
    let hasFailed = false;
    try {
      const mayListAll = await this.#review(this.#namespace);
      if (!mayListAll && this.#namespace !== undefined) return this.#end();
      if (mayListAll !== this.#all) this.#version += 1;
      this.#all = mayListAll;
      // A reader may have been found to have other rights since the review was sent.
      if (!this.#all) hasFailed = !(await this.#askForNamespaces());
      if (!this.#all && !hasFailed && !(await this.#findsNamespaces())) return this.#end();
    } catch {
      hasFailed = true;
      if (this.#all && !this.#isKnown(this.#namespace)) return this.#end();
    }
    // All may have left during the reviews.
    if (this.#timer !== timer) return;
    this.#askAgainLater(hasFailed);
    this.#tell();
  }

  /** Whether the subject may list any namespace: one of those that are known, or else any at all. */
  async #findsNamespaces(): Promise<boolean> {
    if (this.#allowed.length > 0) return true;
    const found = await this.#find();
    for (const namespace of found) this.#allow(namespace);
    return found.length > 0;
  }

  /**
   * Asks again for the namespaces that are shown. Those that are not are asked for when something happens in them.
   * @returns false if one could not be asked for
   */
  async #askForNamespaces(): Promise<boolean> {
    let complete = true;
    const allowed = this.#allowed;
    for (const [namespace, isAllowed] of this.#decided) if (!isAllowed) this.#decided.delete(namespace);
    for (const namespace of allowed) {
      try {
        if (await this.#review(namespace)) continue;
        this.#decided.set(namespace, false);
        this.#version += 1;
      } catch {
        complete = false;
        // Without a decision that holds nothing is shown, until there is one.
        if (!this.#isKnown(namespace)) this.#decided.delete(namespace);
      }
    }
    return complete;
  }

  #review(namespace: string | undefined): Promise<boolean> {
    const { authorizer, inTurn } = this.#parts;
    return inTurn(() => authorizer.review(this.#subject, listIn(namespace)));
  }

  #isKnown(namespace: string | undefined): boolean {
    return this.#parts.authorizer.known(this.#subject, listIn(namespace)) === true;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener.more();
  }

  #end(): void {
    this.#areGone = true;
    for (const listener of this.#listeners) listener.denied();
  }
}
