/** The kinds of requests that this service makes. */
export type RequestKind =
  | 'list'
  | 'watch'
  | 'get'
  | 'create'
  | 'update'
  | 'delete'
  | 'getScale'
  | 'patchScale'
  | 'review'
  | 'namespace'
  | 'event'
  /** The same for autoscalers of either kind. */
  | 'listAutoscalers'
  | 'watchAutoscalers'
  /** Of Deployments with trouble only. */
  | 'listReplicaSets'
  | 'listPods'
  | 'version'
  | 'health'
  | 'other';

/** One received request. */
export interface SeenRequest {
  readonly kind: RequestKind;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly userAgent: string;
  /** The media types that it asks for. */
  readonly accept: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

const MAX_RECENT = 1_000;

/** The received requests: counters since the start, and the last thousand in full. */
export class RequestLog {
  readonly #counts = new Map<RequestKind, number>();
  #recent: SeenRequest[] = [];

  add(request: SeenRequest): void {
    this.#counts.set(request.kind, this.count(request.kind) + 1);
    this.#recent.push(request);
    if (this.#recent.length >= 2 * MAX_RECENT) this.#recent = this.#recent.slice(-MAX_RECENT);
  }

  /** Requests of this kind since the start or the last clear(). */
  count(kind: RequestKind): number {
    return this.#counts.get(kind) ?? 0;
  }

  /** All requests since the start or the last clear(). */
  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** At most the last thousand requests, oldest first, optionally of one kind only. */
  recent(kind?: RequestKind): readonly SeenRequest[] {
    const last = this.#recent.slice(-MAX_RECENT);
    return kind === undefined ? last : last.filter((request) => request.kind === kind);
  }

  clear(): void {
    this.#counts.clear();
    this.#recent = [];
  }
}
