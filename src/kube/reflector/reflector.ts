import type { Logger } from '../../lib/logger.ts';
import { sleep } from '../../lib/sleep.ts';
import type { KubeApi } from '../client/kube-client.ts';
import { WatchDecoder, type WatchEvent } from '../client/watch-decoder.ts';
import { objectAt, stringAt } from '../json.ts';
import {
  KubeCredentialsError,
  KubeMalformedError,
  KubeStatusError,
  KubeUnreachableError,
} from '../kube-errors.ts';
import { Backoff } from './backoff.ts';
import { CatchUp, type Position } from './catch-up.ts';
import { compareResourceVersions, isComparable, newestOf } from './resource-version.ts';

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
  /** The collection to list and watch, for example `/apis/apps/v1/deployments`. */
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
  readonly pageDeadlineMs: number;
  readonly silenceMs: { readonly least: number; readonly most: number };
}

/** Why the whole collection was read again. */
export type RelistReason =
  | 'gone'
  | 'resourceVersionTooLarge'
  | 'wentBack'
  | 'outOfOrder'
  | 'malformed'
  | 'silence';

/** Counters since the start; for metrics. */
export interface ReflectorStats {
  lists: number;
  watches: number;
  failures: number;
  parseErrors: number;
  readonly relists: Record<RelistReason, number>;
  readonly events: Record<WatchEvent['type'], number>;
}

const PAGE_SIZE = 500;
const WATCH_OPEN_DEADLINE_MS = 15_000;
/** The API server ends a watch itself after a time in this range, which spreads reconnects. */
const WATCH_SECONDS = { least: 300, most: 600 };
/**
 * Bookmarks come about once a minute: a watch that is silent for longer than this is dead, or on an API server whose
 * etcd reports no progress. A list tells the truth in either case.
 */
const TIMING: ReflectorTiming = { pageDeadlineMs: 15_000, silenceMs: { least: 90_000, most: 120_000 } };
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
 * list in pages, then watch with bookmarks, resume from the last resourceVersion, list again when that is gone.
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
      const attempt = { startedAt: performance.now(), startedFrom: this.#resourceVersion };
      try {
        if (this.#mustList) {
          await this.#list();
        } else {
          if (this.#mustVerify) await this.#verify();
          await this.#watch(attempt);
        }
      } catch (error) {
        if (!signal.aborted) await sleep(this.#recover(error, attempt), signal);
      }
    }
  }

  /** Reads the whole collection, page by page, and puts it into the store at once. */
  async #list(): Promise<void> {
    this.stats.lists += 1;
    const startedAt = performance.now();
    this.#lastListAt = startedAt;
    const items: T[] = [];
    let page = await this.#listPage(items, { limit: PAGE_SIZE });
    while (page.next !== '') {
      try {
        page = await this.#listPage(items, { limit: PAGE_SIZE, continue: page.next });
      } catch (error) {
        if (!(error instanceof KubeStatusError && error.status === 410)) throw error;
        // The snapshot behind the pages was compacted while they were read.
        items.length = 0;
        page = await this.#listPage(items, {});
      }
    }
    this.#mustList = false;
    this.#mustVerify = false;
    this.#malformedInARow = 0;
    this.#options.store.replace(items);
    // What was seen before stays seen, unless the server went back to a time before it.
    if (isOlder(page.resourceVersion, this.#newestObject)) this.#newestObject = '';
    for (const { resourceVersion } of items)
      this.#newestObject = newestOf(this.#newestObject, resourceVersion);
    // The state is that of the first page, however long the others took.
    this.#lastContactAt = startedAt;
    this.#position = { resourceVersion: page.resourceVersion, askedAt: startedAt };
    this.#progress(page.resourceVersion);
    this.#options.log.debug({ path: this.#options.path, objects: items.length }, 'listed');
  }

  async #listPage(items: T[], query: { limit?: number; continue?: string }) {
    const { api, path, reduce } = this.#options;
    const page = await api.list(
      { path, query, deadlineMs: this.#timing.pageDeadlineMs, signal: this.#stopping.signal },
      (item) => items.push(reduce(item)),
    );
    const metadata = objectAt(page, 'metadata');
    const next = metadata.continue;
    return {
      resourceVersion: stringAt(metadata, 'resourceVersion'),
      next: typeof next === 'string' ? next : '',
    };
  }

  /**
   * Whenever a watch has ended, the next may reach an API server that was restored from a backup meanwhile, also without a
   * refused connection in between: it came back quickly, or a load balancer hid it. It accepts a watch from a
   * resourceVersion that it is yet to reach, sends nothing until it has reached that, and never sends what came before.
   */
  async #verify(): Promise<void> {
    const askedAt = performance.now();
    const items: T[] = [];
    const { resourceVersion } = await this.#listPage(items, { limit: 1 });
    if (isOlder(resourceVersion, this.#resourceVersion) || !items.every((item) => this.#agreesWith(item))) {
      throw new WentBackError();
    }
    this.#mustVerify = false;
    this.#position = { resourceVersion, askedAt };
  }

  /** A server with another history may be beyond the old resourceVersion already; then what is old differs. */
  #agreesWith({ namespace, name, uid, resourceVersion }: T): boolean {
    const known = this.#options.store.get(namespace, name);
    return (
      isNewer(resourceVersion, this.#resourceVersion) ||
      (known?.uid === uid && known.resourceVersion === resourceVersion)
    );
  }

  /** One watch, from its request to its end. Throws unless it ended as the API server ends watches. */
  async #watch(attempt: Attempt): Promise<void> {
    this.stats.watches += 1;
    const end = new AbortController();
    const silence = setTimeout(() => end.abort(new SilenceError()), between(this.#timing.silenceMs));
    try {
      const stream = await this.#options.api.watch({
        path: this.#options.path,
        query: {
          watch: true,
          allowWatchBookmarks: true,
          resourceVersion: this.#resourceVersion,
          timeoutSeconds: Math.round(between(WATCH_SECONDS)),
        },
        deadlineMs: WATCH_OPEN_DEADLINE_MS,
        signal: AbortSignal.any([this.#stopping.signal, end.signal]),
      });
      this.#connected();
      const catchUp = new CatchUp((at) => {
        this.#lastContactAt = at;
      }, this.#position);
      const decoder = new WatchDecoder();
      for await (const chunk of stream) {
        silence.refresh();
        for (const event of decoder.push(chunk)) {
          this.#apply(event);
          catchUp.seen(this.#resourceVersion, event.type === 'BOOKMARK');
        }
      }
      decoder.end();
    } finally {
      clearTimeout(silence);
      const verifiedMs = performance.now() - (this.#position?.askedAt ?? Number.NEGATIVE_INFINITY);
      if (!this.#wasShort(attempt) || verifiedMs > VERIFIED_MS) this.#mustVerify = true;
    }
    if (this.#wasShort(attempt)) throw new Error('the watch ended at once');
  }

  #apply({ type, object }: WatchEvent): void {
    this.stats.events[type] += 1;
    if (type === 'BOOKMARK') {
      const resourceVersion = stringAt(objectAt(object, 'metadata'), 'resourceVersion');
      if (isOlder(resourceVersion, this.#resourceVersion)) throw new OutOfOrderError();
      this.#progress(resourceVersion);
      return;
    }
    const item = this.#options.reduce(object);
    const known = this.#options.store.get(item.namespace, item.name);
    if (!isNewer(item.resourceVersion, this.#resourceVersion)) {
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
    if (error instanceof OutOfOrderError) return 'outOfOrder';
    if (error instanceof WentBackError) return 'wentBack';
    if (error instanceof SilenceError) return 'silence';
    if (error instanceof KubeMalformedError) {
      this.stats.parseErrors += 1;
      this.#malformedInARow += 1;
      return this.#malformedInARow >= MALFORMED_BEFORE_RELIST ? 'malformed' : undefined;
    }
    if (!(error instanceof KubeStatusError)) return undefined;
    if (error.status === 410) return 'gone';
    return error.status === 504 && error.message.includes('Too large resource version')
      ? 'resourceVersionTooLarge'
      : undefined;
  }
}

interface Attempt {
  readonly startedAt: number;
  readonly startedFrom: string;
}

class OutOfOrderError extends Error {
  override readonly name = 'OutOfOrderError';
  constructor() {
    super('the watch sent a change that is older than one before it');
  }
}

class WentBackError extends Error {
  override readonly name = 'WentBackError';
  constructor() {
    super('the API server is at another state than one that it had sent');
  }
}

class SilenceError extends Error {
  override readonly name = 'SilenceError';
  constructor() {
    super('the watch was silent for too long');
  }
}

/** Whether `a` is newer than `b`; opaque versions, which cannot be compared, always count as newer. */
function isNewer(a: string, b: string): boolean {
  return !isComparable(a) || !isComparable(b) || compareResourceVersions(a, b) > 0;
}

function isOlder(a: string, b: string): boolean {
  return isComparable(a) && isComparable(b) && compareResourceVersions(a, b) < 0;
}

function between({ least, most }: { least: number; most: number }): number {
  return least + Math.random() * (most - least);
}
