/** What the service lets its clients use; every figure has a safe default in src/config/config-schema.ts. */
export interface Limits {
  /** Open connections of clients with a verified certificate, in all. */
  readonly maxConnections: number;
  /** Open connections of one user. */
  readonly maxConnectionsPerClient: number;
  /** TLS handshakes under way: the oldest makes room for the next. */
  readonly maxHandshakes: number;
  /** Of one address. */
  readonly maxHandshakesPerAddress: number;
  /** Requests without a whole answer, in all. */
  readonly maxRequests: number;
  /** Of one user. From half of that its connections are not read on; one that brings more at once is cut. */
  readonly maxRequestsPerClient: number;
  /** A connection that has so many is not read on until it has fewer. */
  readonly maxRequestsPerConnection: number;
  /** Age at which a connection is closed after its next answer. */
  readonly maxConnectionAgeSeconds: number;
  readonly handshakeTimeoutSeconds: number;
  /** The headers of a request have to arrive within this time. */
  readonly headersTimeoutSeconds: number;
  /** A request has to arrive whole within this time. */
  readonly requestTimeoutSeconds: number;
  /** A connection that moves no byte for so long, in the middle of a request or its answer, is cut. */
  readonly idleTimeoutSeconds: number;
  /** An answer has to be read within this time. */
  readonly answerTimeoutSeconds: number;
  /** It has to be read at this rate on the average, after 10 s. */
  readonly minAnswerBytesPerSecond: number;
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
  /** Memory of the process, native memory included, beyond which requests are refused; 0: no limit. */
  readonly maxMemoryBytes: number;
}
