/** What the service lets its clients use; every figure has a safe default in src/config-schema.ts. */
export interface Limits {
  /** Open connections in all. */
  readonly maxConnections: number;
  /** Open connections of one user. */
  readonly maxConnectionsPerClient: number;
  /** Age at which a connection is closed after its next answer. */
  readonly maxConnectionAgeSeconds: number;
  readonly handshakeTimeoutSeconds: number;
  /** The headers of a request have to arrive within this time. */
  readonly headersTimeoutSeconds: number;
  /** A request has to arrive whole within this time. */
  readonly requestTimeoutSeconds: number;
  /** A connection that moves no byte for so long, in the middle of a request or its answer, is cut. */
  readonly idleTimeoutSeconds: number;
  /** A connection without a request is kept for so long. */
  readonly keepAliveTimeoutSeconds: number;
  /** Headers of a request, its URL included. */
  readonly maxHeaderBytes: number;
  readonly maxBodyBytes: number;
  readonly maxUrlLength: number;
  /** Requests of one user in any second; 0: no limit. */
  readonly readsPerSecond: number;
  readonly writesPerSecond: number;
  /** Delay of the event loop beyond which requests are refused; 0: no limit. */
  readonly maxEventLoopDelayMs: number;
  /** Heap in use beyond which requests are refused; 0: no limit. */
  readonly maxHeapMib: number;
}
