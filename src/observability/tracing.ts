import type { CallObserver } from '../kube/client/call-observer.ts';

/**
 * What traces need of the rest of the service. This module loads nothing: open-telemetry.ts, which implements it, is imported
 * only where a collector is configured.
 */
export interface Tracing {
  /**
   * Begins the span of a request, as a child of the one that its headers name.
   * @param headers of the request; `traceparent` and `tracestate` are read (W3C Trace Context)
   */
  beginRequest(
    method: string,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): RequestTrace;
  /**
   * Makes a span for each request to the API server of a cluster: a child of the request that runs, if there is one. What a
   * request has begun and what lasts longer than it has traces of its own from then on.
   */
  callsOf(cluster: string): CallObserver;
  /** Spans that were not delivered since the start: the collector was too slow, did not answer, or refused them. */
  readonly dropped: number;
  /** Calls back when spans are dropped, with how many. */
  onDropped(listener: (spans: number) => void): void;
  /**
   * Sends what is left. Call it once.
   * @param limitMs what is left then is dropped
   */
  stop(limitMs: number): Promise<void>;
}

/** The span of one request. */
export interface RequestTrace {
  /** Runs this, and all that it begins, as part of the request, until that ends. */
  run(action: () => void): void;
  /** Ends the span. Call it once. */
  end(answer: TracedAnswer): void;
}

/** What the span of a request says. */
export interface TracedAnswer {
  /** The template of its route; undefined: there is none. */
  readonly route: string | undefined;
  /** Undefined: the client had gone before the answer began. */
  readonly status: number | undefined;
  /** The code of the error that it was answered with. */
  readonly errorCode: string | undefined;
  /** The id that log lines of the request have. */
  readonly requestId: string;
  readonly cluster: string | undefined;
  readonly namespace: string | undefined;
  readonly deployment: string | undefined;
}
