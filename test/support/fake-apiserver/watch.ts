import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Fault } from './faults.ts';
import { Gone, type Reply } from './reply.ts';
import { bookmarkLine, eventLine, type Resource, watchLine } from './resource.ts';
import { internalError, type StatusError, tooLargeResourceVersion, tooOldResourceVersion } from './status.ts';
import type { Named, Store, StoreEvent } from './store.ts';

/** The API server sends its last bookmark this long before the end of a watch. A shorter watch gets none. */
const LAST_BOOKMARK_MS = 2_000;
const EVENTS_A_TURN = 50;

export interface WatchOptions {
  /** The version after which to start. Undefined if it is absent or 0. */
  readonly resourceVersion: number | undefined;
  /** Whether to begin with one ADDED event per object. */
  readonly initialEvents: boolean;
  /** Whether watches with initial events mark their end with a bookmark and are compressed if the client accepts gzip. */
  readonly modern: boolean;
  readonly gzip: boolean;
  readonly timeoutMs: number;
  readonly bookmarks: boolean;
  readonly bookmarkIntervalMs: number;
  readonly matches: (record: Named) => boolean;
}

/** One watch, from its headers to its end. */
export class Watch<F extends Named> {
  readonly #store: Store<F>;
  readonly #resource: Resource<F>;
  readonly #reply: Reply;
  readonly #options: WatchOptions;
  readonly #fault: Fault | undefined;
  /** The version up to which the client has seen everything. */
  #cursor = 0;
  #events = 0;
  /** An event that is held back until after the next one. */
  #held: string | undefined;

  constructor(
    store: Store<F>,
    resource: Resource<F>,
    reply: Reply,
    options: WatchOptions,
    fault: Fault | undefined,
  ) {
    this.#store = store;
    this.#resource = resource;
    this.#reply = reply;
    this.#options = options;
    this.#fault = fault;
  }

  /** @throws Gone once the client has disconnected */
  async run(): Promise<void> {
    const { resourceVersion, initialEvents, timeoutMs } = this.#options;
    const end = performance.now() + timeoutMs;
    this.#reply.head(200, {}, this.#compressed);
    await this.#faultBetweenEvents();
    if (initialEvents && (resourceVersion ?? 0) > this.#store.resourceVersion) {
      return this.#refuse(tooLargeResourceVersion(resourceVersion ?? 0, this.#store.resourceVersion));
    }
    if (initialEvents) await this.#initialEvents();
    else this.#cursor = resourceVersion ?? this.#store.resourceVersion;

    let bookmarkAt = this.#nextBookmark(end);
    for (;;) {
      const events = this.#store.eventsAfter(this.#cursor);
      if (events === undefined)
        return this.#refuse(tooOldResourceVersion(this.#cursor, this.#store.compactedAt));
      await this.#changes(events);
      const now = performance.now();
      if (now >= end || this.#store.closed) break;
      if (now >= bookmarkAt) {
        await this.#bookmark();
        bookmarkAt = this.#nextBookmark(end);
      }
      if (events.length === 0) await this.#change(Math.min(end, bookmarkAt) - now);
    }
    await this.#reply.end();
  }

  get #compressed(): boolean {
    const { initialEvents, modern, gzip } = this.#options;
    return initialEvents && modern && gzip;
  }

  async #initialEvents(): Promise<void> {
    const snapshot = this.#store.snapshot();
    const records = snapshot.records.filter(this.#options.matches);
    for (let at = 0; at < records.length; at += EVENTS_A_TURN) {
      const lines = records
        .slice(at, at + EVENTS_A_TURN)
        .map((record) => eventLine(this.#resource, { type: 'ADDED', record }));
      // Other faults affect single events.
      if (this.#fault === undefined || this.#fault.type === 'drip') await this.#reply.write(lines.join(''));
      else for (const line of lines) await this.#line(line);
      await nextTurn();
    }
    this.#cursor = snapshot.resourceVersion;
    const { bookmarks, modern } = this.#options;
    if (bookmarks && modern) await this.#reply.write(bookmarkLine(this.#resource, this.#cursor, true));
  }

  /** kube-apiserver compresses together what is due at the same time. Faults affect single events. */
  async #changes(events: readonly StoreEvent<F>[]): Promise<void> {
    if (!this.#compressed || this.#fault !== undefined) {
      for (const event of events) await this.#event(event);
      return;
    }
    for (let at = 0; at < events.length; at += EVENTS_A_TURN) {
      const due = events.slice(at, at + EVENTS_A_TURN);
      const lines = due
        .filter(({ record }) => this.#options.matches(record))
        .map((event) => eventLine(this.#resource, event));
      if (lines.length > 0) await this.#reply.write(lines.join(''));
      this.#cursor = due.at(-1)?.resourceVersion ?? this.#cursor;
    }
  }

  async #event(event: StoreEvent<F>): Promise<void> {
    const hidden = this.#fault?.type === 'bookmarksOnly';
    if (!hidden && this.#options.matches(event.record)) await this.#line(eventLine(this.#resource, event));
    this.#cursor = event.resourceVersion;
  }

  /**
   * Sends a bookmark. A watch from a future version stays silent until that is reached. Otherwise there is always a
   * bookmark, whereas kube-apiserver sends one only after any write since the start of the watch; in a real cluster,
   * leases cause one every few seconds. A bookmark must not pass an event that has not been sent, because that event
   * would be lost.
   */
  async #bookmark(): Promise<void> {
    if (!this.#options.bookmarks || this.#held !== undefined) return;
    if (this.#cursor > this.#store.resourceVersion) return;
    // New events may have arrived while earlier ones were being sent. Send them first.
    if (this.#store.eventsAfter(this.#cursor)?.length === 0) this.#cursor = this.#store.resourceVersion;
    await this.#reply.write(bookmarkLine(this.#resource, this.#cursor, false));
  }

  /** If the history is gone or the version is in the future, the API server says so in the stream, with status 200. */
  async #refuse(error: StatusError): Promise<void> {
    await this.#reply.write(watchLine('ERROR', error.body));
    await this.#reply.end();
  }

  /** Sends one event, changed by the fault if it affects the event. */
  async #line(line: string): Promise<void> {
    const fault = this.#fault;
    if (fault?.type === 'cut' && fault.midLine === true && this.#events === fault.afterEvents) {
      await this.#reply.write(line.slice(0, line.length / 2));
      return this.#reply.finish(fault.how);
    }
    if (fault?.type === 'swapEvents') {
      if (this.#held === undefined) {
        this.#held = line;
        return;
      }
      await this.#reply.write(line + this.#held);
      this.#held = undefined;
      return;
    }
    await this.#reply.write(fault?.type === 'duplicateEvents' ? line + line : line);
    this.#events += 1;
    await this.#faultBetweenEvents();
  }

  /** Faults after a certain number of events. */
  async #faultBetweenEvents(): Promise<void> {
    const fault = this.#fault;
    if (fault?.type === 'errorEvent' && this.#events === (fault.afterEvents ?? 0)) {
      await this.#reply.write(watchLine('ERROR', this.#errorOf(fault.code).body));
      await this.#reply.finish('end');
    }
    if (fault?.type === 'line' && this.#events === (fault.afterEvents ?? 0)) {
      await this.#reply.write(`${fault.text}\n`);
    }
    if (fault?.type === 'cut' && fault.midLine !== true && this.#events === fault.afterEvents) {
      await this.#reply.finish(fault.how);
    }
  }

  #errorOf(code: 410 | 500 | 504): StatusError {
    if (code === 410) return tooOldResourceVersion(this.#cursor, this.#store.resourceVersion);
    if (code === 504) return tooLargeResourceVersion(this.#cursor, this.#store.resourceVersion);
    return internalError('etcdserver: leader changed');
  }

  /** The time of the next bookmark, in ms of performance.now(). */
  #nextBookmark(end: number): number {
    const now = performance.now();
    const last = end - LAST_BOOKMARK_MS;
    return now >= last ? Number.POSITIVE_INFINITY : Math.min(now + this.#options.bookmarkIntervalMs, last);
  }

  /**
   * Waits for a change, but not longer than `ms`.
   * @throws Gone
   */
  async #change(ms: number): Promise<void> {
    const { signal } = this.#reply;
    await new Promise<void>((resolve) => {
      const settle = () => {
        clearTimeout(timer);
        unsubscribe();
        signal.removeEventListener('abort', settle);
        resolve();
      };
      const timer = setTimeout(settle, Math.max(0, ms));
      const unsubscribe = this.#store.onChange(settle);
      signal.addEventListener('abort', settle);
      if (signal.aborted) settle();
    });
    if (signal.aborted) throw new Gone();
  }
}
