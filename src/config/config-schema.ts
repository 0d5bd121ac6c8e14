import { type Static, Type } from 'typebox';
import { LABEL } from '../lib/dns-label.ts';
import { LOG_LEVELS } from '../lib/logger.ts';

/** The TLS files that are read by default. */
export const DEFAULT_FILES = {
  TLS_CERT_FILE: 'certs/server-cert.pem',
  TLS_KEY_FILE: 'certs/server-key.pem',
  TLS_CLIENT_CA_FILE: 'certs/ca-cert.pem',
};

/** Name of the single cluster if CLUSTER_NAME is unset. */
export const DEFAULT_CLUSTER = 'default';

/** A host name in any case; part of a regular expression. */
const HOST_NAME = '[A-Za-z0-9]([-A-Za-z0-9._]*[A-Za-z0-9])?';

function limit(value: number, description: string, bounds: { minimum?: number; maximum?: number } = {}) {
  return Type.Integer({ default: value, minimum: 0, maximum: 2_147_483, ...bounds, description });
}

/** Limits on what clients may use. src/config/limits.ts derives their types and names from this. */
export const LIMITS = {
  MAX_CONNECTIONS: limit(
    1_500,
    'Open connections in total; fewer if the process may open fewer files (`ulimit -n`)',
    { minimum: 1 },
  ),
  MAX_CONNECTIONS_PER_CLIENT: limit(200, 'Open connections per client (CN)', { minimum: 1 }),
  MAX_HANDSHAKES: limit(500, 'Unfinished TLS handshakes in total; a new one takes the place of the oldest', {
    minimum: 1,
  }),
  MAX_HANDSHAKES_PER_ADDRESS: limit(200, 'Unfinished TLS handshakes per address (IPv6: per /64)', {
    minimum: 1,
  }),
  MAX_REQUESTS: limit(
    2_000,
    'Unanswered requests in total; further ones are answered with 503. A request counts until its whole answer is sent',
    { minimum: 1 },
  ),
  MAX_REQUESTS_PER_CLIENT: limit(
    1_000,
    "Unanswered requests per client; at half of this number the service stops reading from the client's connections, and a connection that still exceeds the limit is cut",
    { minimum: 2 },
  ),
  MAX_REQUESTS_PER_CONNECTION: limit(
    8,
    'Unanswered requests per connection; the service reads no more from the connection until there are fewer',
    { minimum: 1 },
  ),
  MAX_WAITERS: limit(
    2_000,
    'Requests that wait for a rollout, in total; further ones are answered with 429',
    {
      minimum: 1,
    },
  ),
  MAX_WAITERS_PER_CLIENT: limit(100, 'Requests that wait for a rollout, per client', { minimum: 1 }),
  MAX_BATCHES: limit(4, 'Batches of writes in total; further ones are answered with 429', { minimum: 1 }),
  MAX_BATCHES_PER_CLIENT: limit(2, 'Batches of writes per client', { minimum: 1 }),
  MAX_STREAMS: limit(1_000, 'Streams of events in total; further ones are answered with 429', { minimum: 1 }),
  MAX_STREAMS_PER_CLIENT: limit(50, 'Streams of events per client', { minimum: 1 }),
  MAX_CONNECTION_AGE_SECONDS: limit(3600, 'Age from which a connection is closed after its next answer', {
    minimum: 1,
  }),
  HANDSHAKE_TIMEOUT_SECONDS: limit(
    5,
    'Time for a client to send its first byte, and the same time again for its TLS handshake',
    { minimum: 1, maximum: 120 },
  ),
  HEADERS_TIMEOUT_SECONDS: limit(5, 'Time for the headers of a request to arrive', {
    minimum: 1,
    maximum: 120,
  }),
  REQUEST_TIMEOUT_SECONDS: limit(10, 'Time for a whole request to arrive', { minimum: 1, maximum: 120 }),
  IDLE_TIMEOUT_SECONDS: limit(
    30,
    'Time after which a connection is cut if no byte of a request or its answer is transferred',
    {
      minimum: 1,
    },
  ),
  ANSWER_TIMEOUT_SECONDS: limit(60, 'Time for a client to read one answer', { minimum: 1 }),
  MIN_ANSWER_BYTES_PER_SECOND: limit(
    16_384,
    'Average rate at which a client must read an answer, after 10 s of grace',
    { minimum: 1 },
  ),
  KEEP_ALIVE_TIMEOUT_SECONDS: limit(60, 'Time for which a connection without a request is kept open', {
    minimum: 1,
  }),
  MAX_HEADER_BYTES: limit(16_384, 'Size of the headers of a request, including its URL', { minimum: 1024 }),
  MAX_BODY_BYTES: limit(1024, 'Size of the body of a request', { minimum: 64 }),
  MAX_BATCH_BODY_BYTES: limit(786_432, 'Size of the body of a batch', { minimum: 1024 }),
  MAX_URL_LENGTH: limit(2048, 'Length of the URL of a request, in characters', { minimum: 512 }),
  READS_PER_SECOND: limit(
    0,
    'Reads per client and second; 0: no limit. A browser that opens the page makes some 60 at once',
  ),
  WRITES_PER_SECOND: limit(100, 'Writes per client and second; 0: no limit'),
  MAX_EVENT_LOOP_DELAY_MS: limit(
    1000,
    'Requests are answered with 503 if the event loop is delayed by more than this for two seconds in a row; 0: no limit',
  ),
  MAX_HEAP_MIB: limit(
    0,
    "Requests are answered with 503 if the process uses more memory than this, including native memory; from 5 % above, slow readers are cut too. 0: 85 % of the container's memory limit, if it has one",
  ),
};

/**
 * Every variable that the service reads, with its default, limits and meaning.
 * `make docs` generates docs/reference/configuration.md from it, and a test compares the two.
 */
export const ConfigSchema = Type.Object({
  HOST: Type.String({ default: '0.0.0.0', description: 'Address on which the service listens' }),
  PORT: Type.Integer({
    default: 8443,
    minimum: 0,
    maximum: 65535,
    description: 'Port of the service; 0: any free port',
  }),
  TLS_CERT_FILE: Type.String({
    default: DEFAULT_FILES.TLS_CERT_FILE,
    description: 'Server certificate, followed by its intermediates (PEM)',
  }),
  TLS_KEY_FILE: Type.String({
    default: DEFAULT_FILES.TLS_KEY_FILE,
    description: 'Private key of the server certificate (PEM)',
  }),
  TLS_CLIENT_CA_FILE: Type.String({
    default: DEFAULT_FILES.TLS_CLIENT_CA_FILE,
    description:
      'Certificate authorities whose client certificates are accepted: roots with or without intermediates, or issuing CAs alone (PEM)',
  }),
  TLS_CRL_FILE: Type.Optional(
    Type.String({
      description:
        'Certificate revocation lists (PEM), one per CA in TLS_CLIENT_CA_FILE; unset: revocation is not checked',
    }),
  ),
  CLUSTERS_FILE: Type.Optional(
    Type.String({ description: 'File that lists the clusters to serve, the default cluster first (YAML)' }),
  ),
  CLUSTERS: Type.Optional(
    Type.String({
      description:
        'Short form of the same, used if CLUSTERS_FILE is unset: `name=kubeconfig` pairs, separated by commas, the default cluster first',
    }),
  ),
  KUBECONFIG: Type.Optional(
    Type.String({
      description:
        'Kubeconfig of a single cluster, or several files that are merged, separated by `:`, used if CLUSTERS_FILE and CLUSTERS are unset; if all three are unset, a pod uses its service account',
    }),
  ),
  CLUSTER_NAME: Type.String({
    default: DEFAULT_CLUSTER,
    pattern: `^${LABEL}$`,
    description: 'Name of that single cluster: a DNS label',
  }),
  READY_CLUSTERS: Type.Enum(['default', 'any', 'all'], {
    default: 'default',
    description: 'Which clusters the service must have read once before /readyz answers 200',
  }),
  ALLOW_INSECURE_TLS: Type.Boolean({
    default: false,
    description:
      'Whether a kubeconfig may disable the verification of its API server (insecure-skip-tls-verify), or name one on another machine by http://',
  }),
  WATCH_NAMESPACES: Type.Optional(
    Type.String({
      pattern: `^${LABEL}(,${LABEL})*$`,
      description:
        'Namespaces to serve in clusters that do not list their own, separated by commas without spaces; unset: all',
    }),
  ),
  WATCH_HPAS: Type.Boolean({
    default: true,
    description:
      'Whether to watch HorizontalPodAutoscalers. Where the account of the service lacks the right to list and watch them, everything else works, and the log names the right',
  }),
  WATCH_SCALED_OBJECTS: Type.Boolean({
    default: false,
    description:
      'The same for the ScaledObjects of KEDA. Without it, and while a ScaledObject is not paused, the service still knows the HorizontalPodAutoscaler that KEDA makes of it',
  }),
  ON_CONFLICT: Type.Enum(['refuse-certain', 'warn', 'refuse'], {
    default: 'refuse-certain',
    description:
      'Which writes are refused because somebody else sets the count too. refuse-certain: those that an autoscaler would undo at once; refuse: all that somebody may undo; warn: none. Each write may force its count',
  }),
  RAILS_FILE: Type.Optional(
    Type.String({
      description:
        'File with rules for counts (YAML): writes that a rule refuses are answered with 422, and nothing may force them. It is read again when it changes; unset: only the annotations of Deployments limit their counts',
    }),
  ),
  JOURNAL_MIB: Type.Integer({
    default: 8,
    minimum: 1,
    maximum: 1024,
    description:
      'Memory per cluster for the earlier changes of counts that `GET /deployments/{namespace}/{deployment}/changes` shows; beyond it, the oldest of all are dropped',
  }),
  AUTHORIZATION_MODE: Type.Enum(['SubjectAccessReview', 'AlwaysAllow'], {
    default: 'SubjectAccessReview',
    description:
      'SubjectAccessReview: the RBAC of the cluster decides what a client may do; AlwaysAllow: every client with a certificate of the CA may do everything',
  }),
  AUTHORIZATION_ALLOWED_SECONDS: limit(
    300,
    'How long a decision to allow is cached; a right that is withdrawn stays effective for up to this time',
    { minimum: 1 },
  ),
  AUTHORIZATION_DENIED_SECONDS: limit(
    30,
    'How long a decision to deny is cached; a list of all namespaces whose reviews take more than 4.5 s may use it for up to a minute longer, and until they are done',
    { minimum: 1 },
  ),
  AUTHORIZATION_OUTAGE_SECONDS: limit(
    3600,
    'How much longer a decision to allow is valid for reads while the API server cannot be asked; 0: no longer',
  ),
  ALLOWED_CLIENTS: Type.Optional(
    Type.String({
      description:
        'Clients that are accepted: patterns for their CN or a URI SAN, separated by commas, `*` for any characters; unset: all clients. A pattern such as `spiffe://example.com/*` also accepts certificates without a CN',
    }),
  ),
  ALLOWED_RESERVED_IDENTITIES: Type.Optional(
    Type.String({
      description:
        'Users and groups that are accepted although they begin with `system:`, separated by commas',
    }),
  ),
  ...LIMITS,
  DOCS: Type.Boolean({
    default: true,
    description: 'Whether to serve the API document (/openapi.json, /openapi.yaml) and Swagger UI (/docs)',
  }),
  PAGE: Type.Boolean({
    default: true,
    description: 'Whether to serve the page (/, /docs/page/)',
  }),
  LOG_LEVEL: Type.Enum([...LOG_LEVELS], {
    default: 'info',
    description:
      'Lowest level of the log lines that are written; debug adds a line per read. PUT /log-level changes it without a restart',
  }),
  MANAGEMENT_HOST: Type.String({
    default: '127.0.0.1',
    description:
      'Address of the plain-HTTP listener for /livez, /readyz, /metrics and, from the same machine, /log-level',
  }),
  MANAGEMENT_PORT: Type.Integer({
    default: 8081,
    minimum: 0,
    maximum: 65535,
    description: 'Port of the management listener; 0: any free port',
  }),
  MANAGEMENT_ALLOWED_HOSTS: Type.Optional(
    Type.String({
      pattern: `^${HOST_NAME}(,${HOST_NAME})*$`,
      description:
        'Host names that the management listener accepts besides IP addresses, `localhost` and the name of the machine or pod; separated by commas, without ports or spaces',
    }),
  ),
  DRAIN_DELAY_SECONDS: Type.Integer({
    default: 5,
    minimum: 0,
    maximum: 300,
    description:
      'After SIGTERM: how long the service continues to serve while /readyz already fails (no delay after SIGINT)',
  }),
  DRAIN_LIMIT_SECONDS: Type.Integer({
    default: 15,
    minimum: 1,
    maximum: 300,
    description: 'After that delay: how long running requests may take before they are cut',
  }),
});

/** The variables after validation. */
export type Variables = Readonly<Static<typeof ConfigSchema>>;
