import type { Logger } from '../../lib/logger.ts';
import { sleep } from '../../lib/sleep.ts';
import { throttled } from '../../lib/throttled.ts';
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

/** The fields that every mirrored object must keep. */
export interface KubeObject {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

/** The store that the reflector writes to. The reflector makes one call at a time, and nothing else may write to it. */
export interface ReflectorStore<T extends KubeObject> {
  /** Replaces the whole state in one step: readers see the old state or the new one, never a part. */
  replace(items: readonly T[]): void;
  upsert(item: T): void;
  remove(item: T): void;
  get(namespace: string, name: string): T | undefined;
}

export interface ReflectorOptions<T extends KubeObject> {
  readonly api: KubeApi;
  /** The collection to list and watch, for example `/api/v1/configmaps`. */
  readonly path: string;
  /** Reduces an API object to what the store keeps. @throws KubeMalformedError if it is not such an object */
  readonly reduce: (object: unknown) => T;
  readonly store: ReflectorStore<T>;
  readonly log: Logger;
  /** Called after the store has changed, or the API server has confirmed that nothing has changed. */
  readonly onProgress: (resourceVersion: string) => void;
  /** Called whenever the API server has answered with a list, accepted a watch or sent an event. */
  readonly onContact?: (() => void) | undefined;
  /** Called when the API server refuses the account (403), the first time and each time after it did not. */
  readonly onRefused?: (() => void) | undefined;
  /** undefined: the collection is required, so that every failure to read it is an outage. */
  readonly optional?: OptionalCollection | undefined;
  /** Replaces the default times in tests that cannot wait for minutes. */
  readonly timing?: ReflectorTiming | undefined;
}

/**
 * What the API server last said about an optional collection. `unread`: nothing yet. `served`: it may be listed and
 * watched. `forbidden`: it may not; the store keeps the last state. `notServed`: it does not exist, so that there are no
 * objects.
 */
export type Availability = 'unread' | 'served' | 'forbidden' | 'notServed';

/**
 * A collection that the account may be forbidden to read (403), or that the API server may not serve (404). Neither is
 * logged here, and both are tried again with long pauses.
 */
export interface OptionalCollection {
  /** Called when `availability` has changed, and when an outage (`lastError`) has begun or ended. */
  readonly onChange: () => void;
}

/** How long the reflector waits for an API server that sends nothing. All times are in milliseconds. */
export interface ReflectorTiming {
  /** The longest time without a byte of a page. */
  readonly pageSilenceMs: number;
  /** The longest time without a byte of the initial events of a watch, and the longest time until their end. */
  readonly initialEventsMs: { readonly silence: number; readonly whole: number };
  /** How long lists are read in pages after a list by initial events has failed for any reason. */
  readonly pagesMs: number;
  /** The longest time without an event or bookmark of a watch: a random time in this range. */
  readonly silenceMs: { readonly least: number; readonly most: number };
  /** The pause before an optional collection that is forbidden or not served is tried again: a time in this range. */
  readonly optionalRetryMs: { readonly least: number; readonly most: number };
  /** How long an optional collection that was readable must be refused before it counts as forbidden. */
  readonly refusalMs: number;
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

/** Objects per page. A page is parsed at once: 100 objects of 7 kB block the event loop for 3 ms. */
const PAGE_SIZE = 100;
const TIMING: ReflectorTiming = {
  pageSilenceMs: 15_000,
  /**
   * An API server sends initial events without a pause. From the start of the watch it also creates a bookmark about
   * once a minute. `whole` is shorter than that, so that no bookmark can wait behind the initial events and then seem
   * to confirm the present. Pages need at most as many bytes as initial events, and fewer before Kubernetes 1.37.
   */
  initialEventsMs: { silence: 5_000, whole: 45_000 },
  /** Lists are rare, so pages cost little; and after an upgrade of the API server, initial events are tried again. */
  pagesMs: 60 * 60_000,
  /**
   * Longer than the time between two bookmarks. A watch that is silent for longer is dead, or the etcd of its API
   * server reports no progress. In both cases a list shows the current state.
   */
  silenceMs: { least: 90_000, most: 120_000 },
  /** A right that is granted later, or an API that is installed later, is used after a minute or so. */
  optionalRetryMs: { least: 45_000, most: 75_000 },
  /** An API server that has just started refuses everybody for a second or so, until it has read the roles. */
  refusalMs: 10_000,
};
/**
 * A watch that ends sooner, without any news, counts as a failure. The API server therefore sees at most one such watch
 * per second.
 */
const SHORT_WATCH_MS = 1_000;
/**
 * A relist within RELIST_SPACING_MS of the last list is delayed by RELIST_DELAY_MS, so that a server which always
 * answers 410 is not flooded. The delay is shorter than after other failures, because the API server can be reached,
 * and the reflector may already have waited for it for 3 s.
 */
const RELIST_SPACING_MS = 10_000;
const RELIST_DELAY_MS = 1_000;
/** If watches repeatedly end at once, the position of the API server is verified at most once in this time. */
const VERIFIED_MS = 10_000;
/**
 * An API server that starts accepts connections seconds before it answers. A position that took longer than this is
 * asked for once more, because until the first bookmark the state counts as old as the question.
 */
const SLOW_ANSWER_MS = 1_000;
/** After this number of malformed answers without progress in between, a relist skips the malformed event. */
const MALFORMED_BEFORE_RELIST = 3;
const MALFORMED_LOG_MS = 60_000;
const MAX_RETRY_AFTER_MS = 60_000;
/** How long an API server may ask to wait without counting as an outage. It is longer than one such time. */
const MAX_BUSY_MS = 2 * 60_000;

/**
 * Mirrors one collection of a Kubernetes API server into a store, and recovers from every fault. It lists by the
 * initial events of a watch or in pages, then watches with bookmarks. After a failure it resumes from the last
 * resourceVersion, or lists again if the API server no longer has that version. The semantics follow
 * tools/cache/reflector.go of client-go. docs/decisions/0002-own-reflector.md explains why this is a separate
 * implementation.
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
  /** Ends the present pause, or the last one. */
  #pausing = new AbortController();
  #running: Promise<void> | undefined;
  /** Whether the API server is sending the whole state, and whether that broke off the last time. */
  #isListing = false;
  #listBrokeOff = false;
  /** Since when attempts fail. */
  #failingSince = 0;
  #resourceVersion = '';
  #newestObject = '';
  #mustList = true;
  /** Until this time lists are read in pages, on the clock of performance.now(). */
  #inPagesUntil = Number.NEGATIVE_INFINITY;
  #mustVerify = false;
  /** The position of the API server when it was last asked for it. */
  #position: Position | undefined;
  #lastListAt = Number.NEGATIVE_INFINITY;
  #lastContactAt: number | undefined;
  #lastError: Error | undefined;
  /** When a list or watch last failed. */
  #lastFailureAt = Number.NEGATIVE_INFINITY;
  #forbidden = false;
  #availability: Availability = 'unread';
  /** When the refusals began that nothing but refusals has followed. */
  #refusedSince: number | undefined;
  #malformedInARow = 0;
  readonly #warnOfMalformed: (context: object) => void;
  #unauthorizedInARow = 0;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#warnOfMalformed = throttled(
      (line) => options.log.warn(line, 'the API server sent what the service cannot read'),
      MALFORMED_LOG_MS,
    );
    this.#timing = options.timing ?? TIMING;
  }

  /**
   * Whether the store has held the whole collection once. It stays true in an outage, because the store keeps its
   * state.
   */
  get synced(): boolean {
    return this.#lastContactAt !== undefined;
  }

  /**
   * When the API server was last known to be in the state that the store holds, on the clock of performance.now(). A
   * list sets it to the time of its request; later each event and bookmark of a watch that has caught up does.
   */
  get lastContactAt(): number | undefined {
    return this.#lastContactAt;
  }

  /**
   * Whether the account of the service may not list this collection, and never could. It stays true if an outage
   * follows, because an outage does not mean that the right has been granted.
   */
  get refused(): boolean {
    return !this.synced && this.#forbidden;
  }

  /** The resourceVersion of the newest object that was seen, including deleted objects; empty: none was seen yet. */
  get newestObject(): string {
    return this.#newestObject;
  }

  /** The resourceVersion up to which the store mirrors the collection; empty before the first list. */
  get resourceVersion(): string {
    return this.#resourceVersion;
  }

  /** The error of the current outage; undefined: the reflector is connected. */
  get lastError(): Error | undefined {
    return this.#lastError;
  }

  /**
   * Why the API server does not give the reflector what it asks for now. undefined: it does, although this may still be the
   * list after an outage, which can take a while; or it has asked the reflector to wait, for less than 2 minutes.
   */
  get failure(): Error | undefined {
    if (this.#isListing && !this.#listBrokeOff) return undefined;
    const isBusy = this.#lastError instanceof KubeStatusError && this.#lastError.status === 429;
    const mayWait = isBusy && performance.now() - this.#failingSince < MAX_BUSY_MS;
    return mayWait ? undefined : this.#lastError;
  }

  /**
   * Whether the store may lack changes of an outage: the outage lasts, or the watch after it has not yet sent all that
   * has changed.
   */
  get isBehind(): boolean {
    return (
      this.#lastError !== undefined || (this.#lastContactAt ?? this.#lastFailureAt) < this.#lastFailureAt
    );
  }

  /** What the API server last said about the collection, if that is optional. An outage does not change it. */
  get availability(): Availability {
    return this.#availability;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the list or watch. Once it resolves, no request or timer is left and the store does not change any more. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the reflector was stopped'));
    await this.#running;
  }

  /** Ends a pause before the next attempt. Call it when the API server is known to answer again. */
  retryNow(): void {
    this.#backoff.succeeded();
    this.#pausing.abort();
  }

  async #pauseFor(ms: number): Promise<void> {
    this.#pausing = new AbortController();
    await sleep(ms, AbortSignal.any([this.#stopping.signal, this.#pausing.signal]));
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
        if (!signal.aborted) await this.#pauseFor(this.#recover(error, attempt));
      }
    }
  }

  /** Reads the whole collection into the store. If it is read by a watch, this follows the watch to its end too. */
  async #list(attempt: Attempt): Promise<void> {
    this.stats.lists += 1;
    this.#lastListAt = performance.now();
    try {
      if (this.#lastListAt >= this.#inPagesUntil && (await this.#watchFromBeginning(attempt))) return;
      // All pages show the state at the time of the first page.
      const startedAt = performance.now();
      this.#replace(await listInPages(this.#pages, PAGE_SIZE), startedAt);
    } catch (error) {
      this.#listBrokeOff = this.#mustList;
      throw error;
    } finally {
      this.#isListing = false;
    }
  }

  /**
   * Lists by the initial events of a watch and then follows that watch to its end.
   * @returns false if the API server does not send them, or not fast enough, so that pages should be tried at once
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
        'the API server sends no initial events: lists are read in pages for a while',
      );
      return false;
    }
  }

  /** Runs one watch that begins with the whole state, from its request to its end. */
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
      this.#isListing = true;
      watchdog.start(silence, new NoInitialEventsError('the initial events stopped before their end'));
      // Do not keep the list in a variable: it would hold objects that the store has dropped until the watch ends.
      this.#replace(await readInitialEvents(events, reduce), startedAt);
      this.#becomes('served');
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
   * @param startedAt when the state was requested. The state is at least as new as this
   */
  #replace({ items, resourceVersion }: Listed<T>, startedAt: number): void {
    this.#mustList = false;
    this.#listBrokeOff = false;
    this.#mustVerify = false;
    this.#malformedInARow = 0;
    this.#options.store.replace(items);
    // Keep the newest resourceVersion that was seen, unless the API server has gone back to an older state.
    if (isProvablyNewer(this.#newestObject, resourceVersion)) this.#newestObject = '';
    for (const item of items) this.#newestObject = newestOf(this.#newestObject, item.resourceVersion);
    this.#lastContactAt = startedAt;
    this.#position = { resourceVersion, askedAt: startedAt };
    this.#progress(resourceVersion);
    this.#options.log.debug({ path: this.#options.path, objects: items.length }, 'listed');
  }

  get #pages(): ListOptions<T> {
    const { api, path, reduce } = this.#options;
    const request = (query: PageQuery) => {
      if (query.continue !== undefined) this.#isListing = true;
      return {
        path,
        query,
        deadlineMs: this.#timing.pageSilenceMs,
        deadlineIsForSilence: true,
        signal: this.#stopping.signal,
      };
    };
    return { api, request, reduce };
  }

  /**
   * Checks that the API server has not gone back to an older state. It may have been restored from a backup after the
   * last watch ended, even if no connection was refused, because it came back quickly or a load balancer hid the
   * restart. Such an API server accepts a watch from a resourceVersion that it has not reached yet, sends nothing until
   * it reaches that, and never sends the changes before it.
   * @throws WentBackError
   */
  async #verify(): Promise<void> {
    let askedAt = performance.now();
    let page = await readPage(this.#pages, { limit: 1 });
    if (performance.now() - askedAt > SLOW_ANSWER_MS) {
      askedAt = performance.now();
      page = await readPage(this.#pages, { limit: 1 });
    }
    const { items, resourceVersion } = page;
    if (
      isProvablyNewer(this.#resourceVersion, resourceVersion) ||
      !items.every((item) => this.#agreesWith(item))
    ) {
      throw new WentBackError();
    }
    this.#mustVerify = false;
    this.#position = { resourceVersion, askedAt };
  }

  /**
   * Whether an object of the API server is consistent with the store. A server with another history may already be
   * beyond the known resourceVersion, but then its old objects differ.
   */
  #agreesWith({ namespace, name, uid, resourceVersion }: T): boolean {
    const known = this.#options.store.get(namespace, name);
    return (
      mayBeNewer(resourceVersion, this.#resourceVersion) ||
      (known?.uid === uid && known.resourceVersion === resourceVersion)
    );
  }

  /** Runs one watch from its request to its end. Throws unless the API server has ended it in the regular way. */
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
      this.#becomes('served');
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
      // A repeated event is harmless. Any other event that is not newer means that the order is wrong or that the
      // server has gone back to an older state, so a list is necessary.
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
    this.#refusedSince = undefined;
    this.#connected();
    this.#backoff.succeeded();
    this.#options.onProgress(resourceVersion);
  }

  #connected(): void {
    this.#options.onContact?.();
    if (this.#forbidden && this.synced && this.#options.optional === undefined) {
      this.#forbidden = false;
      this.#options.log.info(
        { path: this.#options.path },
        'the account of the service may list and watch now',
      );
    }
    if (this.#lastError === undefined) return;
    this.#lastError = undefined;
    this.#options.log.debug({ path: this.#options.path }, 'connected to the API server again');
    this.#options.optional?.onChange();
  }

  #becomes(availability: Availability): void {
    if (this.#availability === availability) return;
    this.#availability = availability;
    this.#options.optional?.onChange();
  }

  #newAttempt(): Attempt {
    return { startedAt: performance.now(), startedFrom: this.#resourceVersion };
  }

  #wasShort({ startedAt, startedFrom }: Attempt): boolean {
    return performance.now() - startedAt < SHORT_WATCH_MS && this.#resourceVersion === startedFrom;
  }

  /**
   * Decides whether to list again or to resume after a failure.
   * @returns how long to wait before that, in milliseconds
   */
  #recover(error: unknown, attempt: Attempt): number {
    const { log, path, api, optional } = this.#options;
    if (optional !== undefined && error instanceof KubeStatusError) {
      if (error.status === 403 || error.status === 404) return this.#doWithout(error.status, attempt);
    }
    this.stats.failures += 1;
    if (error instanceof KubeUnreachableError && !error.sent) this.#mustVerify = true;
    this.#lastFailureAt = performance.now();
    const wasConnected = this.#lastError === undefined;
    this.#lastError = error instanceof Error ? error : new Error(String(error));
    if (wasConnected) {
      this.#failingSince = performance.now();
      optional?.onChange();
    }
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
    if (error instanceof KubeStatusError && error.status === 403 && !this.#forbidden) {
      this.#forbidden = true;
      log.error(context, 'the account of the service may not list and watch: grant it both verbs');
      this.#options.onRefused?.();
    } else {
      // The owner of the reflector tells of an outage as a whole, once.
      log.debug(context, 'lost contact with the API server');
      if (error instanceof KubeMalformedError) this.#warnOfMalformed(context);
    }
    return delayMs;
  }

  /**
   * The API server has refused an optional collection, or does not serve it.
   * @returns how long to wait before the next attempt, in milliseconds
   */
  #doWithout(status: 403 | 404, { startedAt }: Attempt): number {
    if (status === 404) {
      this.#replace({ items: [], resourceVersion: '' }, startedAt);
      this.#newestObject = '';
      this.#mustList = true;
      this.#becomes('notServed');
      return between(this.#timing.optionalRetryMs);
    }
    this.stats.failures += 1;
    this.#forbidden = true;
    this.#refusedSince ??= performance.now();
    const wasReadable = this.#availability === 'served' || this.#availability === 'notServed';
    if (wasReadable && performance.now() - this.#refusedSince < this.#timing.refusalMs) {
      return this.#backoff.failed();
    }
    this.#connected();
    this.#becomes('forbidden');
    return between(this.#timing.optionalRetryMs);
  }

  #relistReason(error: unknown): RelistReason | undefined {
    if (!(error instanceof KubeMalformedError)) return relistReasonOf(error);
    this.stats.parseErrors += 1;
    this.#malformedInARow += 1;
    return this.#malformedInARow >= MALFORMED_BEFORE_RELIST ? 'malformed' : undefined;
  }
}

/** One list or watch. If a list continues as a watch, a new attempt starts at that point. */
interface Attempt {
  startedAt: number;
  startedFrom: string;
}

function between({ least, most }: { least: number; most: number }): number {
  return least + Math.random() * (most - least);
}
