import type { RequestKind } from './requests.ts';
import type { RefusalCode } from './status.ts';

/** The ways to break off an answer. */
export type Ending =
  /** The connection is closed (FIN). */
  | 'close'
  /** The connection is reset (RST). */
  | 'reset'
  /** Nothing more is sent and the connection stays open, as on a dead network path. */
  | 'silence'
  /** The answer ends as if it were complete. */
  | 'end';

/** A fault of one request. */
export type Fault =
  /** An answer with this status and the body that the API server gives with it, instead of the real answer. */
  | {
      readonly type: 'status';
      readonly code: RefusalCode;
      readonly retryAfterSeconds?: number;
    }
  /** 504 "Too large resource version". */
  | { readonly type: 'tooLargeResourceVersion' }
  /** 410 for a continue token, without a new token to continue with. */
  | { readonly type: 'expiredContinue' }
  /**
   * Admission refuses the write: by a webhook that gives no code (400), by one that gives 403, or by a
   * ValidatingAdmissionPolicy (422).
   */
  | Denial
  /**
   * The answer is broken off after this number of bytes of the body, or of events of a watch; with `midLine` half of
   * the next event is sent. With neither, nothing is sent, not even the status line.
   */
  | {
      readonly type: 'cut';
      readonly how: Ending;
      readonly afterBytes?: number;
      readonly afterEvents?: number;
      readonly midLine?: boolean;
    }
  /** The body is sent in pieces of `bytes`, one every `everyMs`. */
  | { readonly type: 'drip'; readonly bytes: number; readonly everyMs: number }
  /** The connection is reset without an answer, before or after the request took effect. */
  | { readonly type: 'drop'; readonly when: 'before' | 'after' }
  /** Watch: an ERROR event with this Status after this number of events (default 0), then the end. */
  | { readonly type: 'errorEvent'; readonly code: 410 | 500 | 504; readonly afterEvents?: number }
  /** Watch: this line after this number of events (default 0). */
  | { readonly type: 'line'; readonly text: string; readonly afterEvents?: number }
  /** Watch: each event twice. */
  | { readonly type: 'duplicateEvents' }
  /** Watch: each pair of events in the wrong order. */
  | { readonly type: 'swapEvents' }
  /** Watch: bookmarks, but no events of changes. Initial events are all sent. */
  | { readonly type: 'bookmarksOnly' }
  /** `Warning` headers beside the real answer, one for each text, as those of admission. */
  | { readonly type: 'warnings'; readonly texts: readonly string[] }
  /** An action of the test, which runs before the request is handled as usual. */
  | { readonly type: 'call'; readonly action: () => void | Promise<void> };

export interface Denial {
  readonly type: 'deny';
  readonly by: 'webhook' | 'webhook403' | 'policy';
  readonly message: string;
}

/** The requests that a fault affects. */
export interface FaultRule {
  readonly on: RequestKind | 'any';
  /** Affects only the pages of a list after its first one. */
  readonly laterPages?: boolean;
  readonly fault: Fault;
  /** The number of affected requests. Default: all, until the rule is cleared. */
  readonly times?: number;
  /** The number of requests before the first affected one. Default: 0. */
  readonly skip?: number;
  /** The delay before the request is handled, in milliseconds. Default 0. */
  readonly delayMs?: number;
}

/** A rule that is active. */
export interface ActiveFault {
  /** The number of requests that it has affected. */
  readonly hits: number;
  remove(): void;
}

interface Entry {
  readonly rule: FaultRule;
  seen: number;
  hits: number;
}

/** The active fault rules. If several match a request, the one that was added first applies. */
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

  /** Removes all rules. Answers under way keep their faults. */
  clear(): void {
    this.#entries.clear();
  }

  /** The rule for a new request. The rule counts the request as affected. */
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
