import { QUIET } from './tallies.ts';

/** An answer that never came, because its connection was closed. */
export const DISCONNECTED = 'DISCONNECTED';

/** A time in which the API server was slow for everybody, or a process did not get on, as others had the processors. */
export const BUSY_MACHINE = 'machine too busy';
/** As the shortest time for which a call of the service waits for its turn is 1 s. */
export const BUSY_MS = 700;

/** What the service may answer while its API server cannot be asked, or does not answer. */
const OUTAGE = [
  'ACCESS_UNDECIDED',
  'AUTHORIZER_UNAVAILABLE',
  'CLUSTER_BLOCKED',
  'CLUSTER_BUSY',
  'FRESHNESS_NOT_REACHED',
  'KUBERNETES_RATE_LIMITED',
  'KUBERNETES_TIMEOUT',
  'KUBERNETES_UNAVAILABLE',
  'KUBERNETES_UNREACHABLE',
  'NOT_READY_IN_TIME',
  'OUTCOME_UNKNOWN',
  'UNHEALTHY',
];
/** An API server that starts refuses everybody for a moment, as it has not read its roles yet. */
const RESTART = [...OUTAGE, 'FORBIDDEN', 'SERVICE_FORBIDDEN'];

/**
 * The error codes that a fault may cause, beyond those that are the right answer to a request at any time. While no
 * fault is made there are none. A code that is not here fails the soak.
 */
export const EXPECTED = {
  [QUIET]: [],
  /** Nobody makes this. The service refuses requests while its event loop is late, for whatever reason. */
  [BUSY_MACHINE]: [...OUTAGE, DISCONNECTED, 'OVERLOADED'],
  'kube-apiserver restarted': RESTART,
  'kube-apiserver frozen': OUTAGE,
  'etcd restarted': RESTART,
  'etcd paused': OUTAGE,
  'history compacted': RESTART,
  'right to ask for reviews withdrawn': [
    'ACCESS_UNDECIDED',
    'AUTHORIZER_UNAVAILABLE',
    'CLUSTER_BLOCKED',
    'UNHEALTHY',
  ],
  'right of a client withdrawn': [],
  'credentials of the service renewed': [],
  'server certificate rotated': [],
  'client revoked': [],
  'client CA rotated': [DISCONNECTED, 'WAIT_INTERRUPTED', 'BATCH_INTERRUPTED'],
} as const satisfies Record<string, readonly string[]>;

export type Phase = keyof typeof EXPECTED;
