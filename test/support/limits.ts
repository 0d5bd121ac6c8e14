import { Value } from 'typebox/value';
import type { DecisionTimes } from '../../src/cluster/access/authorizer.ts';
import { ConfigSchema } from '../../src/config/config-schema.ts';
import { type Limits, limitsOf } from '../../src/config/limits.ts';
import { limitsOn } from '../../src/config/machine-limits.ts';

const variables = Value.Create(ConfigSchema);

/** The default limits of the configuration. */
export const configuredLimits = limitsOf(variables);

/** The default limits on a machine that restricts nothing. */
export const defaultLimits = limitsOn(
  { descriptors: undefined, memoryBytes: undefined },
  configuredLimits,
  1,
);

/**
 * The limits for tests that run in one process with the service. No request of theirs may be refused because the
 * machine is busy or fast, or because hundreds of callers begin handshakes at once in the process that must also answer
 * them.
 */
export const testLimits: Limits = {
  ...defaultLimits,
  maxEventLoopDelayMs: 0,
  writesPerSecond: 0,
  handshakeTimeoutSeconds: 60,
  maxHandshakes: 10_000,
  maxHandshakesPerAddress: 10_000,
};

/** The default times for which decisions are remembered. */
export const defaultDecisionTimes: DecisionTimes = {
  allowedSeconds: variables.AUTHORIZATION_ALLOWED_SECONDS,
  deniedSeconds: variables.AUTHORIZATION_DENIED_SECONDS,
  outageSeconds: variables.AUTHORIZATION_OUTAGE_SECONDS,
};
