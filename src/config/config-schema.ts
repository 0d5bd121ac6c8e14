import { type Static, Type } from 'typebox';
import { LABEL } from '../lib/dns-label.ts';

/** The TLS files that are read where nothing else is said. */
export const DEFAULT_FILES = {
  TLS_CERT_FILE: 'certs/server-cert.pem',
  TLS_KEY_FILE: 'certs/server-key.pem',
  TLS_CLIENT_CA_FILE: 'certs/ca-cert.pem',
};

/** Name of a cluster that nobody named. */
export const DEFAULT_CLUSTER = 'default';

/** A host name in any case; part of a regular expression. */
const HOST_NAME = '[A-Za-z0-9]([-A-Za-z0-9._]*[A-Za-z0-9])?';

function limit(value: number, description: string, bounds: { minimum?: number; maximum?: number } = {}) {
  return Type.Integer({ default: value, minimum: 0, maximum: 2_147_483, ...bounds, description });
}

/** What clients may use. src/config/limits.ts derives the types and names of these limits. */
export const LIMITS = {
  MAX_CONNECTIONS: limit(
    1_500,
    'Open connections in all; fewer where the process may not open so many files (`ulimit -n`)',
    { minimum: 1 },
  ),
  MAX_CONNECTIONS_PER_CLIENT: limit(200, 'Open connections of one client (CN)', { minimum: 1 }),
  MAX_HANDSHAKES: limit(500, 'TLS handshakes under way in all; the oldest makes room for the next', {
    minimum: 1,
  }),
  MAX_HANDSHAKES_PER_ADDRESS: limit(200, 'TLS handshakes under way of one address (IPv6: of one /64)', {
    minimum: 1,
  }),
  MAX_REQUESTS: limit(2_000, 'Requests without a whole answer in all; more are answered with 503', {
    minimum: 1,
  }),
  MAX_REQUESTS_PER_CLIENT: limit(
    1_000,
    'Requests without a whole answer of one client; from half of that its connections are not read on, and one that brings more at once is cut',
    { minimum: 2 },
  ),
  MAX_REQUESTS_PER_CONNECTION: limit(
    8,
    'Requests without a whole answer on one connection; it is not read on until there are fewer',
    { minimum: 1 },
  ),
  MAX_CONNECTION_AGE_SECONDS: limit(3600, 'Age at which a connection is closed after its next answer', {
    minimum: 1,
  }),
  HANDSHAKE_TIMEOUT_SECONDS: limit(
    5,
    'Time for the first byte of a client, and again for its TLS handshake',
    { minimum: 1, maximum: 120 },
  ),
  HEADERS_TIMEOUT_SECONDS: limit(5, 'Time for the headers of a request', { minimum: 1, maximum: 120 }),
  REQUEST_TIMEOUT_SECONDS: limit(10, 'Time for a whole request to arrive', { minimum: 1, maximum: 120 }),
  IDLE_TIMEOUT_SECONDS: limit(
    30,
    'Time without a byte, in a request or its answer, after which a connection is cut',
    {
      minimum: 1,
    },
  ),
  ANSWER_TIMEOUT_SECONDS: limit(60, 'Time for a client to read one answer', { minimum: 1 }),
  MIN_ANSWER_BYTES_PER_SECOND: limit(
    16_384,
    'Average rate, after 10 s, at which a client has to read an answer',
    { minimum: 1 },
  ),
  KEEP_ALIVE_TIMEOUT_SECONDS: limit(60, 'Time that a connection without a request is kept', { minimum: 1 }),
  MAX_HEADER_BYTES: limit(16_384, 'Headers of a request, its URL included', { minimum: 1024 }),
  MAX_BODY_BYTES: limit(1024, 'Body of a request', { minimum: 64 }),
  MAX_URL_LENGTH: limit(2048, 'URL of a request, characters', { minimum: 512 }),
  READS_PER_SECOND: limit(0, 'Reads of one client in any second; 0: no limit'),
  WRITES_PER_SECOND: limit(100, 'Writes of one client in any second; 0: no limit'),
  MAX_EVENT_LOOP_DELAY_MS: limit(
    1000,
    'Delay of the event loop, two seconds in a row, beyond which requests are answered with 503; 0: no limit',
  ),
  MAX_HEAP_MIB: limit(
    0,
    "Memory of the process, native memory included, beyond which requests are answered with 503 and, 5 % above, slow readers are cut; 0: 85 % of the container's limit, if it has one",
  ),
};

/**
 * Every variable that the service reads, with its default, limits and meaning.
 * `make docs` generates docs/configuration.md from it, and a test compares the two.
 */
export const ConfigSchema = Type.Object({
  HOST: Type.String({ default: '0.0.0.0', description: 'Address that the service listens on' }),
  PORT: Type.Integer({
    default: 8443,
    minimum: 0,
    maximum: 65535,
    description: 'Port of the service; 0 takes a free one',
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
    description: 'Certificate authorities whose client certificates are accepted (PEM)',
  }),
  TLS_CRL_FILE: Type.Optional(
    Type.String({
      description:
        'Certificate revocation lists (PEM), one of each CA in TLS_CLIENT_CA_FILE; unset: none is revoked',
    }),
  ),
  CLUSTERS_FILE: Type.Optional(
    Type.String({ description: 'File that names the clusters to serve, the default one first (YAML)' }),
  ),
  CLUSTERS: Type.Optional(
    Type.String({
      description:
        'The same in short, where there is no such file: `name=kubeconfig`, separated by commas, the default one first',
    }),
  ),
  KUBECONFIG: Type.Optional(
    Type.String({
      description:
        'Kubeconfig of the one cluster, where neither is set; unset inside a pod: the service account of the pod',
    }),
  ),
  CLUSTER_NAME: Type.String({
    default: DEFAULT_CLUSTER,
    pattern: `^${LABEL}$`,
    description: 'Name of that one cluster: a DNS label',
  }),
  READY_CLUSTERS: Type.Enum(['default', 'any', 'all'], {
    default: 'default',
    description: 'Which clusters have to have been read once before /readyz answers 200',
  }),
  ALLOW_INSECURE_TLS: Type.Boolean({
    default: false,
    description:
      'Whether a kubeconfig may switch off the verification of its API server (insecure-skip-tls-verify)',
  }),
  WATCH_NAMESPACES: Type.Optional(
    Type.String({
      pattern: `^${LABEL}(,${LABEL})*$`,
      description:
        'Namespaces to serve, separated by commas without spaces, of the clusters that name none of their own; unset: all',
    }),
  ),
  AUTHORIZATION_MODE: Type.Enum(['SubjectAccessReview', 'AlwaysAllow'], {
    default: 'SubjectAccessReview',
    description:
      "Who decides what a client may do: the cluster's RBAC, or nobody (every certificate of the CA may do everything)",
  }),
  AUTHORIZATION_ALLOWED_SECONDS: limit(
    300,
    'How long a decision that allows is remembered; a right that is withdrawn holds on for so long',
    { minimum: 1 },
  ),
  AUTHORIZATION_DENIED_SECONDS: limit(30, 'How long a decision that denies is remembered', { minimum: 1 }),
  AUTHORIZATION_OUTAGE_SECONDS: limit(
    3600,
    'How much longer a decision that allows holds for reads while the API server cannot be asked; 0: no longer',
  ),
  ALLOWED_CLIENTS: Type.Optional(
    Type.String({
      description:
        'Patterns of the CN or of a URI SAN of the clients that are let in, separated by commas, `*` for any characters; unset: all',
    }),
  ),
  ALLOWED_RESERVED_IDENTITIES: Type.Optional(
    Type.String({
      description:
        'Users and groups that begin with `system:` and are let in all the same, separated by commas',
    }),
  ),
  ...LIMITS,
  DOCS: Type.Boolean({
    default: true,
    description: 'Whether to serve the API document (/openapi.json, /openapi.yaml) and Swagger UI (/docs)',
  }),
  LOG_LEVEL: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
    default: 'info',
    description: 'Least severe log line that is written; debug adds a line for each read',
  }),
  MANAGEMENT_HOST: Type.String({
    default: '127.0.0.1',
    description: 'Address of the plain-HTTP listener for /livez, /readyz and /metrics',
  }),
  MANAGEMENT_PORT: Type.Integer({
    default: 8081,
    minimum: 0,
    maximum: 65535,
    description: 'Port of the management listener; 0 takes a free one',
  }),
  MANAGEMENT_ALLOWED_HOSTS: Type.Optional(
    Type.String({
      pattern: `^${HOST_NAME}(,${HOST_NAME})*$`,
      description:
        'Host names, separated by commas without ports or spaces, that the management listener answers to besides IP addresses, `localhost` and the name of the machine or pod',
    }),
  ),
  DRAIN_DELAY_SECONDS: Type.Integer({
    default: 5,
    minimum: 0,
    maximum: 300,
    description: 'After SIGTERM: how long to serve on while /readyz already fails (none after SIGINT)',
  }),
  DRAIN_LIMIT_SECONDS: Type.Integer({
    default: 15,
    minimum: 1,
    maximum: 300,
    description: 'After that delay: how long running requests may take to finish before they are cut',
  }),
});

/** The variables as they are once validated. */
export type Variables = Readonly<Static<typeof ConfigSchema>>;
