import type { RequestKind } from './requests.ts';
import type { RefusalCode } from './status.ts';

/** How an answer breaks off. */
export type Ending =
  /** The connection is closed (FIN). */
  | 'close'
  /** The connection is reset (RST). */
  | 'reset'
  /** Nothing more is sent and the connection stays open, as behind a dead network path. */
  | 'silence'
  /** The answer ends as if it were whole. */
  | 'end';

/** What goes wrong with one request. */
export type Fault =
  /** An answer with this status and the API server's own body for it, instead of the real one. */
  | {
      readonly type: 'status';
      readonly code: RefusalCode;
      readonly retryAfterSeconds?: number;
    }
  /** 504 "Too large resource version". */
  | { readonly type: 'tooLargeResourceVersion' }
  /** 410 for a continue token, without another one to go on with. */
  | { readonly type: 'expiredContinue' }
  /**
   * Admission refuses the write: a webhook that names no code (400), one that names 403, or a
   * ValidatingAdmissionPolicy (422).
   */
  | Denial
  /**
   * The answer breaks off: after so many bytes of the body, or (watch) after so many events, with half of the next
   * one sent where `midLine`. With neither, nothing is sent at all, not even the status line.
   */
  | {
      readonly type: 'cut';
      readonly how: Ending;
      readonly afterBytes?: number;
      readonly afterEvents?: number;
      readonly midLine?: boolean;
    }
  /** The body comes in pieces of `bytes`, one each `everyMs`. */
  | { readonly type: 'drip'; readonly bytes: number; readonly everyMs: number }
  /** The connection is reset without an answer, before or after the request took effect. */
  | { readonly type: 'drop'; readonly when: 'before' | 'after' }
  /** Watch: an ERROR event with that Status after so many events (default 0), then the end. */
  | { readonly type: 'errorEvent'; readonly code: 410 | 500 | 504; readonly afterEvents?: number }
  /** Watch: this line after so many events (default 0). */
  | { readonly type: 'line'; readonly text: string; readonly afterEvents?: number }
  /** Watch: each event twice. */
  | { readonly type: 'duplicateEvents' }
  /** Watch: each pair of events in the wrong order. */
  | { readonly type: 'swapEvents' }
  /** Watch: bookmarks, but no events. */
  | { readonly type: 'bookmarksOnly' }
  /** Something of the test's own, done before the request is handled as usual. */
  | { readonly type: 'call'; readonly action: () => void | Promise<void> };

export interface Denial {
  readonly type: 'deny';
  readonly by: 'webhook' | 'webhook403' | 'policy';
  readonly message: string;
}

/** Which requests a fault befalls. */
export interface FaultRule {
  readonly on: RequestKind | 'any';
  /** Only the pages of a list after its first one. */
  readonly laterPages?: boolean;
  readonly fault: Fault;
  /** How many requests. Default: all, until cleared. */
  readonly times?: number;
  /** How many requests pass unharmed first. Default 0. */
  readonly skip?: number;
  /** Milliseconds before the request is handled at all. Default 0. */
  readonly delayMs?: number;
}

/** A rule in force. */
export interface ActiveFault {
  /** Requests it has befallen. */
  readonly hits: number;
  remove(): void;
}

interface Entry {
  readonly rule: FaultRule;
  seen: number;
  hits: number;
}

/** The script of what goes wrong. Of several rules for one request, the one added first holds. */
export class Faults {
  readonly #entries = new Set<Entry>();

  add(rule: FaultRule): ActiveFault {
    const entry: Entry = { rule, seen: 0, hits: 0 };
    this.#entries.add(entry);
    return {
      get hits() {
        return entry.hits;
      },
      remove: () => this.#entries.delete(entry),
    };
  }

  /** From now on nothing goes wrong any more; answers already under way keep their fault. */
  clear(): void {
    this.#entries.clear();
  }

  /** The rule for a request that has just come in, counted as used. */
  take(kind: RequestKind, query: URLSearchParams): FaultRule | undefined {
    for (const entry of this.#entries) {
      const { on, laterPages = false, skip = 0, times = Number.POSITIVE_INFINITY } = entry.rule;
      if (on !== 'any' && on !== kind) continue;
      if (laterPages && !query.has('continue')) continue;
      entry.seen += 1;
      if (entry.seen <= skip || entry.hits >= times) continue;
      entry.hits += 1;
      return entry.rule;
    }
    return undefined;
  }
}
