import type { Logger } from '../../lib/logger.ts';
import { sleep } from '../../lib/sleep.ts';
import { Watchdog } from '../../lib/watchdog.ts';
import type { KubeApi } from '../client/kube-client.ts';
import {
  type Listed,
  type ListOptions,
  listInPages,
  type PageQuery,
  readPage,
} from '../client/list-pages.ts';
import type { WatchEvent } from '../client/watch-decoder.ts';
import { objectAt, stringAt } from '../json.ts';
import {
  KubeCredentialsError,
  KubeMalformedError,
  KubeStatusError,
  KubeUnreachableError,
} from '../kube-errors.ts';
import { Backoff } from './backoff.ts';
import { CatchUp, type Position } from './catch-up.ts';
import { INITIAL_EVENTS_QUERY, lacksInitialEvents, readInitialEvents } from './initial-events.ts';
import {
  NoInitialEventsError,
  OutOfOrderError,
  type RelistReason,
  relistReasonOf,
  SilenceError,
  WentBackError,
} from './reflector-errors.ts';
import { isProvablyNewer, mayBeNewer, newestOf } from './resource-version.ts';
import { openWatch } from './watch-events.ts';

/** What every reflected object has, however much it is reduced. */
export interface KubeObject {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

/** Where the reflector writes to. The calls come one at a time and are the whole truth: nothing else may write. */
export interface ReflectorStore<T extends KubeObject> {
  /** The whole state, in one step: readers see the old or the new, never a part. */
  replace(items: readonly T[]): void;
  upsert(item: T): void;
  remove(item: T): void;
  get(namespace: string, name: string): T | undefined;
}

export interface ReflectorOptions<T extends KubeObject> {
  readonly api: KubeApi;
  /** The collection to list and watch, for example `/api/v1/configmaps`. */
  readonly path: string;
  /** Takes from an API object what the store keeps. @throws KubeMalformedError when it is not such an object */
  readonly reduce: (object: unknown) => T;
  readonly store: ReflectorStore<T>;
  readonly log: Logger;
  /** Called after the store changed or the API server confirmed that nothing did. */
  readonly onProgress: (resourceVersion: string) => void;
  /** Called whenever the API server has answered: with a list, a watch that it accepts, an event. */
  readonly onContact?: (() => void) | undefined;
  /** Other than in production: for tests that cannot wait for minutes. */
  readonly timing?: ReflectorTiming | undefined;
}

/** How long the reflector bears an API server that says nothing. */
export interface ReflectorTiming {
  /** Without a byte of a page. */
  readonly pageSilenceMs: number;
  /** Without a byte of the initial events of a watch, and until their end. */
  readonly initialEventsMs: { readonly silence: number; readonly whole: number };
  /** How long lists come in pages after a list by initial events has failed, in whatever way. */
  readonly pagesMs: number;
  /** Without an event or bookmark of a watch. */
  readonly silenceMs: { readonly least: number; readonly most: number };
}

/** Counters since the start; for metrics. */
export interface ReflectorStats {
  lists: number;
  watches: number;
  failures: number;
  parseErrors: number;
  readonly relists: Record<RelistReason, number>;
  readonly events: Record<WatchEvent['type'], number>;
}

/** Parsed at once: 100 objects of 7 kB block the event loop for 3 ms. */
const PAGE_SIZE = 100;
const TIMING: ReflectorTiming = {
  pageSilenceMs: 15_000,
  /**
   * An API server sends initial events without a pause, and bookmarks about once a minute from the beginning of the watch
   * on. Whatever comes after the end of initial events must not have waited behind them for so long that a bookmark among
   * it passes for news. Pages need no more bytes than initial events, and fewer before Kubernetes 1.37.
   */
  initialEventsMs: { silence: 5_000, whole: 45_000 },
  /** Lists are rare, so that this costs nothing, and an API server that was upgraded is asked for initial events again. */
  pagesMs: 60 * 60_000,
  /**
   * A watch that is silent for longer than between two bookmarks is dead, or on an API server whose etcd reports no
   * progress. A list tells the truth in either case.
   */
  silenceMs: { least: 90_000, most: 120_000 },
};
/** A watch that ends sooner, without news, counts as a failure; so do its like a server sees at most one a second. */
const SHORT_WATCH_MS = 1_000;
/**
 * A relist so soon after a list waits a moment, so that a server that answers 410 for ever is not flooded. It does not wait as
 * long as after other failures: the API server is there, and in an outage the wait for it may have been 3 s already.
 */
const RELIST_SPACING_MS = 10_000;
const RELIST_DELAY_MS = 1_000;
/** Watches that end at once, again and again, ask where the API server is no more often than this. */
const VERIFIED_MS = 10_000;
/** The same broken line again and again: after so many times a relist steps over it. */
const MALFORMED_BEFORE_RELIST = 3;
const MAX_RETRY_AFTER_MS = 60_000;

/**
 * Mirrors one collection of a Kubernetes API server into a store, for as long as it runs, through every fault:
 * list by the initial events of a watch or in pages, then watch with bookmarks, resume from the last resourceVersion,
 * list again when that is gone.
 * The semantics follow client-go's tools/cache/reflector.go; docs/decisions/0002-own-reflector.md says why it is ours.
 */
export class Reflector<T extends KubeObject> {
  readonly stats: ReflectorStats = {
    lists: 0,
    watches: 0,
    failures: 0,
    parseErrors: 0,
    relists: { gone: 0, resourceVersionTooLarge: 0, wentBack: 0, outOfOrder: 0, malformed: 0, silence: 0 },
    events: { ADDED: 0, MODIFIED: 0, DELETED: 0, BOOKMARK: 0 },
  };
  readonly #options: ReflectorOptions<T>;
  readonly #timing: ReflectorTiming;
  readonly #backoff = new Backoff();
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #resourceVersion = '';
  #newestObject = '';
  #mustList = true;
  /** Until then lists come in pages, on the clock of performance.now(). */
  #inPagesUntil = Number.NEGATIVE_INFINITY;
  #mustVerify = false;
  /** Where the API server was when it was asked last. */
  #position: Position | undefined;
  #lastListAt = Number.NEGATIVE_INFINITY;
  #lastContactAt: number | undefined;
  #lastError: Error | undefined;
  #forbidden = false;
  #malformedInARow = 0;
  #unauthorizedInARow = 0;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#timing = options.timing ?? TIMING;
  }

  /** Whether the store has held the whole collection once. It stays true: an outage makes the state old, not absent. */
  get synced(): boolean {
    return this.#lastContactAt !== undefined;
  }

  /**
   * When the API server was last known to be in the state that the store holds: when the list was asked for, and since
   * then with each event and bookmark of a watch that is at the present. On the clock of performance.now().
   */
  get lastContactAt(): number | undefined {
    return this.#lastContactAt;
  }

  /**
   * Whether the API server does not let the account of the service list here, and never has. An outage after the refusal
   * does not change that: nothing says that the permission is there now.
   */
  get refused(): boolean {
    return !this.synced && this.#forbidden;
  }

  /** The resourceVersion of the newest object that was seen, deleted ones included; empty before there was one. */
  get newestObject(): string {
    return this.#newestObject;
  }

  /** Up to where the store mirrors the collection; empty before the first list. */
  get resourceVersion(): string {
    return this.#resourceVersion;
  }

  /** What keeps the reflector from the API server now; undefined while all is well. */
  get lastError(): Error | undefined {
    return this.#lastError;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the list or watch. Once it resolves nothing is left: no request, no timer, no further change of the store. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the reflector was stopped'));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const attempt = this.#newAttempt();
      try {
        if (this.#mustList) {
          await this.#list(attempt);
        } else {
          if (this.#mustVerify) await this.#verify();
          await this.#watch(attempt);
        }
      } catch (error) {
        if (!signal.aborted) await sleep(this.#recover(error, attempt), signal);
      }
    }
  }

  /** Reads the whole collection and puts it into the store at once. Where a watch sends it, follows that watch too. */
  async #list(attempt: Attempt): Promise<void> {
    this.stats.lists += 1;
    this.#lastListAt = performance.now();
    if (this.#lastListAt >= this.#inPagesUntil && (await this.#watchFromBeginning(attempt))) return;
    // The state is that of the first page, however long the others take.
    const startedAt = performance.now();
    this.#replace(await listInPages(this.#pages, PAGE_SIZE), startedAt);
  }

  /**
   * Lists by the initial events of a watch and then follows that watch to its end.
   * @returns false where the API server does not send them, or not fast enough: pages are worth a try at once
   */
  async #watchFromBeginning(attempt: Attempt): Promise<boolean> {
    try {
      await this.#watchWithInitialEvents(attempt);
      return true;
    } catch (error) {
      if (!this.#mustList) throw error;
      this.#inPagesUntil = performance.now() + this.#timing.pagesMs;
      if (!lacksInitialEvents(error)) throw error;
      const reason = error instanceof Error ? error.message : undefined;
      this.#options.log.info(
        { path: this.#options.path, reason },
        'the API server sends no initial events: lists come in pages for a while',
      );
      return false;
    }
  }

  /** One watch, from its request to its end, that begins with the whole state. */
  async #watchWithInitialEvents(attempt: Attempt): Promise<void> {
    const { api, path, reduce, onContact } = this.#options;
    const { silence, whole } = this.#timing.initialEventsMs;
    const startedAt = performance.now();
    const watchdog = new Watchdog();
    const limit = new Watchdog();
    limit.start(whole, new NoInitialEventsError('the initial events take too long'));
    const signal = AbortSignal.any([this.#stopping.signal, limit.signal]);
    try {
      await using events = await openWatch({ api, path, from: INITIAL_EVENTS_QUERY, watchdog, signal });
      onContact?.();
      watchdog.start(silence, new NoInitialEventsError('the initial events stopped before their end'));
      // Not held in a variable: it would keep what the store lets go of for as long as the watch runs.
      this.#replace(await readInitialEvents(events, reduce), startedAt);
      limit.clear();
      watchdog.start(between(this.#timing.silenceMs), new SilenceError());
      this.stats.watches += 1;
      Object.assign(attempt, this.#newAttempt());
      await this.#follow(events, attempt);
    } finally {
      limit.clear();
      watchdog.clear();
      if (!this.#mustList) this.#watchEnded(attempt);
    }
  }

  /**
   * Puts a whole state into the store.
   * @param startedAt when it was asked for: the state is that of this moment, or of a later one
   */
  #replace({ items, resourceVersion }: Listed<T>, startedAt: number): void {
    this.#mustList = false;
    this.#mustVerify = false;
    this.#malformedInARow = 0;
    this.#options.store.replace(items);
    // What was seen before stays seen, unless the server went back to a time before it.
    if (isProvablyNewer(this.#newestObject, resourceVersion)) this.#newestObject = '';
    for (const item of items) this.#newestObject = newestOf(this.#newestObject, item.resourceVersion);
    this.#lastContactAt = startedAt;
    this.#position = { resourceVersion, askedAt: startedAt };
    this.#progress(resourceVersion);
    this.#options.log.debug({ path: this.#options.path, objects: items.length }, 'listed');
  }

  get #pages(): ListOptions<T> {
    const { api, path, reduce } = this.#options;
    const request = (query: PageQuery) => ({
      path,
      query,
      deadlineMs: this.#timing.pageSilenceMs,
      deadlineIsForSilence: true,
      signal: this.#stopping.signal,
    });
    return { api, request, reduce };
  }

  /**
   * Whenever a watch has ended, the next may reach an API server that was restored from a backup in between, also without
   * a refused connection: it came back quickly, or a load balancer hid it. It accepts a watch from a resourceVersion that
   * it is yet to reach, sends nothing until it has reached that, and never sends what came before.
   */
  async #verify(): Promise<void> {
    const askedAt = performance.now();
    const { items, resourceVersion } = await readPage(this.#pages, { limit: 1 });
    if (
      isProvablyNewer(this.#resourceVersion, resourceVersion) ||
      !items.every((item) => this.#agreesWith(item))
    ) {
      throw new WentBackError();
    }
    this.#mustVerify = false;
    this.#position = { resourceVersion, askedAt };
  }

  /** A server with another history may be beyond the old resourceVersion already; then what is old differs. */
  #agreesWith({ namespace, name, uid, resourceVersion }: T): boolean {
    const known = this.#options.store.get(namespace, name);
    return (
      mayBeNewer(resourceVersion, this.#resourceVersion) ||
      (known?.uid === uid && known.resourceVersion === resourceVersion)
    );
  }

  /** One watch, from its request to its end. Throws unless it ended as the API server ends watches. */
  async #watch(attempt: Attempt): Promise<void> {
    const { api, path } = this.#options;
    const { signal } = this.#stopping;
    this.stats.watches += 1;
    const watchdog = new Watchdog();
    watchdog.start(between(this.#timing.silenceMs), new SilenceError());
    try {
      const from = { resourceVersion: this.#resourceVersion };
      await using events = await openWatch({ api, path, from, watchdog, signal });
      this.#connected();
      await this.#follow(events, attempt);
    } finally {
      watchdog.clear();
      this.#watchEnded(attempt);
    }
  }

  async #follow(events: AsyncIterable<WatchEvent>, attempt: Attempt): Promise<void> {
    const catchUp = new CatchUp((at) => {
      this.#lastContactAt = at;
    }, this.#position);
    for await (const event of events) {
      this.#apply(event);
      catchUp.seen(this.#resourceVersion, event.type === 'BOOKMARK');
    }
    if (this.#wasShort(attempt)) throw new Error('the watch ended at once');
  }

  #watchEnded(attempt: Attempt): void {
    const verifiedMs = performance.now() - (this.#position?.askedAt ?? Number.NEGATIVE_INFINITY);
    if (!this.#wasShort(attempt) || verifiedMs > VERIFIED_MS) this.#mustVerify = true;
  }

  #apply({ type, object }: WatchEvent): void {
    this.stats.events[type] += 1;
    if (type === 'BOOKMARK') {
      const resourceVersion = stringAt(objectAt(object, 'metadata'), 'resourceVersion');
      if (isProvablyNewer(this.#resourceVersion, resourceVersion)) throw new OutOfOrderError();
      this.#progress(resourceVersion);
      return;
    }
    const item = this.#options.reduce(object);
    const known = this.#options.store.get(item.namespace, item.name);
    if (!mayBeNewer(item.resourceVersion, this.#resourceVersion)) {
      // Said twice is harmless. Anything else that is not newer than what was seen means that the order is broken
      // or that the server went back in time: only a list tells the truth then.
      const repeated =
        type === 'DELETED' ? known === undefined : known?.resourceVersion === item.resourceVersion;
      if (!repeated) throw new OutOfOrderError();
      this.#progress(this.#resourceVersion);
      return;
    }
    if (type === 'DELETED') this.#options.store.remove(item);
    else this.#options.store.upsert(item);
    this.#newestObject = item.resourceVersion;
    this.#progress(item.resourceVersion);
  }

  #progress(resourceVersion: string): void {
    if (resourceVersion !== this.#resourceVersion) this.#malformedInARow = 0;
    this.#resourceVersion = resourceVersion;
    this.#unauthorizedInARow = 0;
    this.#connected();
    this.#backoff.succeeded();
    this.#options.onProgress(resourceVersion);
  }

  #connected(): void {
    this.#options.onContact?.();
    if (this.#lastError === undefined) return;
    this.#lastError = undefined;
    this.#options.log.info({ path: this.#options.path }, 'connected to the API server again');
  }

  #newAttempt(): Attempt {
    return { startedAt: performance.now(), startedFrom: this.#resourceVersion };
  }

  #wasShort({ startedAt, startedFrom }: Attempt): boolean {
    return performance.now() - startedAt < SHORT_WATCH_MS && this.#resourceVersion === startedFrom;
  }

  /** Decides what a failure means: list again or resume, and after how many milliseconds. */
  #recover(error: unknown, attempt: Attempt): number {
    const { log, path, api } = this.#options;
    this.stats.failures += 1;
    if (error instanceof KubeUnreachableError && !error.sent) this.#mustVerify = true;
    this.#lastError = error instanceof Error ? error : new Error(String(error));
    let delayMs = this.#backoff.failed();
    if (this.#wasShort(attempt)) delayMs = Math.max(delayMs, SHORT_WATCH_MS);
    const relist = this.#relistReason(error);
    if (relist !== undefined) {
      this.stats.relists[relist] += 1;
      this.#mustList = true;
      delayMs = performance.now() - this.#lastListAt > RELIST_SPACING_MS ? 0 : RELIST_DELAY_MS;
    }
    if (error instanceof KubeCredentialsError || (error instanceof KubeStatusError && error.status === 401)) {
      api.reloadCredentials();
      this.#unauthorizedInARow += 1;
      if (this.#unauthorizedInARow === 1) delayMs = 0;
    }
    if (error instanceof KubeStatusError && error.retryAfterSeconds !== undefined) {
      delayMs = Math.max(delayMs, Math.min(error.retryAfterSeconds * 1000, MAX_RETRY_AFTER_MS));
    }
    const context = { path, reason: this.#lastError.message, relist, retryInMs: Math.round(delayMs) };
    if (error instanceof KubeStatusError && error.status === 403) {
      this.#forbidden = true;
      log.error(context, 'the account of the service may not list and watch: grant it both verbs');
    } else {
      log.warn(context, 'lost the API server');
    }
    return delayMs;
  }

  #relistReason(error: unknown): RelistReason | undefined {
    if (!(error instanceof KubeMalformedError)) return relistReasonOf(error);
    this.stats.parseErrors += 1;
    this.#malformedInARow += 1;
    return this.#malformedInARow >= MALFORMED_BEFORE_RELIST ? 'malformed' : undefined;
  }
}

/** A list or watch; where one becomes the other, that begins the attempt again. */
interface Attempt {
  startedAt: number;
  startedFrom: string;
}

function between({ least, most }: { least: number; most: number }): number {
  return least + Math.random() * (most - least);
}
