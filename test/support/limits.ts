import type { DecisionTimes } from '../../src/cluster/access/authorizer.ts';
import type { Limits } from '../../src/config/limits.ts';

/** The defaults of src/config/config-schema.ts. test/unit/config/config.test.ts checks that they are the same. */
export const defaultLimits: Limits = {
  maxConnections: 1_500,
  maxConnectionsPerClient: 200,
  maxHandshakes: 500,
  maxHandshakesPerAddress: 200,
  maxRequests: 2_000,
  maxRequestsPerClient: 1_000,
  maxRequestsPerConnection: 8,
  maxConnectionAgeSeconds: 3600,
  handshakeTimeoutSeconds: 5,
  headersTimeoutSeconds: 5,
  requestTimeoutSeconds: 10,
  idleTimeoutSeconds: 30,
  answerTimeoutSeconds: 60,
  minAnswerBytesPerSecond: 16_384,
  keepAliveTimeoutSeconds: 60,
  maxHeaderBytes: 16_384,
  maxBodyBytes: 1024,
  maxUrlLength: 2048,
  readsPerSecond: 0,
  writesPerSecond: 100,
  maxEventLoopDelayMs: 1000,
  maxMemoryBytes: 0,
};

/**
 * The limits for tests that run in one process with the service. No request of theirs may be refused because the
 * machine is busy, or because hundreds of callers begin handshakes at once in the process that must also answer them.
 */
export const testLimits: Limits = {
  ...defaultLimits,
  maxEventLoopDelayMs: 0,
  handshakeTimeoutSeconds: 60,
  maxHandshakes: 10_000,
  maxHandshakesPerAddress: 10_000,
};

/** The default times, too. */
export const defaultDecisionTimes: DecisionTimes = {
  allowedSeconds: 300,
  deniedSeconds: 30,
  outageSeconds: 3_600,
};
