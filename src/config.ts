import { accessSync, constants } from 'node:fs';
import { envSchema } from 'env-schema';
import { type Static, Type } from 'typebox';
import { kubeconfigPaths } from './cluster/kubeconfig.ts';
import { type ClusterEntry, ClustersError } from './clusters/clusters-file.ts';
import { type ClustersSource, clustersSource, readClusters } from './clusters/clusters-source.ts';
import type { IdentityPolicy } from './identity.ts';
import type { Limits } from './limits.ts';
import { LABEL } from './names.ts';

const DEFAULT_FILES = {
  TLS_CERT_FILE: 'certs/server-cert.pem',
  TLS_KEY_FILE: 'certs/server-key.pem',
  TLS_CLIENT_CA_FILE: 'certs/ca-cert.pem',
};

const DEFAULT_CLUSTER = 'default';

function limit(value: number, description: string, bounds: { minimum?: number; maximum?: number } = {}) {
  return Type.Integer({ default: value, minimum: 0, maximum: 2_147_483, ...bounds, description });
}

/**
 * Every variable that the service reads, with its default, limits and meaning.
 * The table in README.md is checked against this schema by a test.
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
  MAX_CONNECTIONS: limit(10_000, 'Open connections in all', { minimum: 1 }),
  MAX_CONNECTIONS_PER_CLIENT: limit(200, 'Open connections of one client (CN)', { minimum: 1 }),
  MAX_CONNECTION_AGE_SECONDS: limit(3600, 'Age at which a connection is closed after its next answer', {
    minimum: 1,
  }),
  HANDSHAKE_TIMEOUT_SECONDS: limit(5, 'Time for the TLS handshake', { minimum: 1, maximum: 120 }),
  HEADERS_TIMEOUT_SECONDS: limit(5, 'Time for the headers of a request', { minimum: 1, maximum: 120 }),
  REQUEST_TIMEOUT_SECONDS: limit(10, 'Time for a whole request to arrive', { minimum: 1, maximum: 120 }),
  IDLE_TIMEOUT_SECONDS: limit(
    30,
    'Time without a byte, in a request or its answer, after which a connection is cut',
    {
      minimum: 1,
    },
  ),
  KEEP_ALIVE_TIMEOUT_SECONDS: limit(60, 'Time that a connection without a request is kept', { minimum: 1 }),
  MAX_HEADER_BYTES: limit(16_384, 'Headers of a request, its URL included', { minimum: 1024 }),
  MAX_BODY_BYTES: limit(1024, 'Body of a request', { minimum: 64 }),
  MAX_URL_LENGTH: limit(2048, 'URL of a request, characters', { minimum: 512 }),
  READS_PER_SECOND: limit(0, 'Reads of one client in any second; 0: no limit'),
  WRITES_PER_SECOND: limit(100, 'Writes of one client in any second; 0: no limit'),
  MAX_EVENT_LOOP_DELAY_MS: limit(
    1000,
    'Delay of the event loop beyond which requests are answered with 503; 0: no limit',
  ),
  MAX_HEAP_MIB: limit(0, 'Heap in use beyond which requests are answered with 503; 0: no limit'),
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
    description: 'Address of the plain-HTTP listener for /livez and /readyz',
  }),
  MANAGEMENT_PORT: Type.Integer({
    default: 8081,
    minimum: 0,
    maximum: 65535,
    description: 'Port of the management listener; 0 takes a free one',
  }),
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

/** The validated configuration, with the lists among the variables split; a list that is not set is empty. */
export type Config = Readonly<Static<typeof ConfigSchema>> & {
  /** The clusters to begin with, at least one, and where they were read from. */
  readonly clusters: readonly ClusterEntry[];
  readonly clustersSource: ClustersSource;
  readonly identityPolicy: IdentityPolicy;
  readonly limits: Limits;
};

/** The environment does not make a configuration. `message` lists every mistake, one a line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(mistakes: readonly string[]) {
    super(['The configuration is not usable:', ...mistakes.map((mistake) => `  - ${mistake}`)].join('\n'));
  }
}

/**
 * Reads and checks the environment once.
 * An empty variable counts as unset; unknown variables are ignored, as the environment is shared.
 * @throws ConfigError listing every mistake at once, unreadable files included
 */
export function loadConfig(environment: NodeJS.ProcessEnv): Config {
  const set: Record<string, string> = {};
  for (const name of Object.keys(ConfigSchema.properties)) {
    const value = environment[name];
    if (value !== undefined && value !== '') set[name] = value;
  }
  const { values, mistakes } = validate(set);
  mistakes.push(...unreadableFiles(set));
  const source = clustersSource(
    { ...set, CLUSTER_NAME: set.CLUSTER_NAME ?? DEFAULT_CLUSTER },
    Boolean(environment.KUBERNETES_SERVICE_HOST),
    listOf(set.WATCH_NAMESPACES),
  );
  const clusters = clustersOf(source, mistakes);
  if (values === undefined || mistakes.length > 0) throw new ConfigError(mistakes);
  return Object.freeze({
    ...values,
    clusters,
    clustersSource: source,
    identityPolicy: Object.freeze({
      allowedReserved: listOf(values.ALLOWED_RESERVED_IDENTITIES),
      allowedClients: listOf(values.ALLOWED_CLIENTS),
    }),
    limits: limitsOf(values),
  });
}

/** Adds what is wrong with them to the mistakes. */
function clustersOf(source: ClustersSource, mistakes: string[]): readonly ClusterEntry[] {
  try {
    return Object.freeze(readClusters(source));
  } catch (error) {
    if (!(error instanceof ClustersError)) throw error;
    mistakes.push(...error.mistakes);
    return [];
  }
}

/** A list in a variable: separated by commas, spaces around them do not count. */
function listOf(value: string | undefined): readonly string[] {
  const parts = (value ?? '').split(',').map((part) => part.trim());
  return Object.freeze([...new Set(parts.filter((part) => part !== ''))]);
}

function limitsOf(values: Values): Limits {
  return Object.freeze({
    maxConnections: values.MAX_CONNECTIONS,
    maxConnectionsPerClient: values.MAX_CONNECTIONS_PER_CLIENT,
    maxConnectionAgeSeconds: values.MAX_CONNECTION_AGE_SECONDS,
    handshakeTimeoutSeconds: values.HANDSHAKE_TIMEOUT_SECONDS,
    headersTimeoutSeconds: values.HEADERS_TIMEOUT_SECONDS,
    requestTimeoutSeconds: values.REQUEST_TIMEOUT_SECONDS,
    idleTimeoutSeconds: values.IDLE_TIMEOUT_SECONDS,
    keepAliveTimeoutSeconds: values.KEEP_ALIVE_TIMEOUT_SECONDS,
    maxHeaderBytes: values.MAX_HEADER_BYTES,
    maxBodyBytes: values.MAX_BODY_BYTES,
    maxUrlLength: values.MAX_URL_LENGTH,
    readsPerSecond: values.READS_PER_SECOND,
    writesPerSecond: values.WRITES_PER_SECOND,
    maxEventLoopDelayMs: values.MAX_EVENT_LOOP_DELAY_MS,
    maxHeapMib: values.MAX_HEAP_MIB,
  });
}

type Values = Static<typeof ConfigSchema>;

function validate(set: Record<string, string>): { values?: Values; mistakes: string[] } {
  try {
    // env-schema marks the schema that it is given: it gets a copy.
    const schema = structuredClone(ConfigSchema);
    return { values: envSchema<Values>({ schema, data: set, env: false }), mistakes: [] };
  } catch (error) {
    if (!(error instanceof Error && 'errors' in error && Array.isArray(error.errors))) throw error;
    return { mistakes: error.errors.map((finding: Finding) => describe(finding, set)) };
  }
}

/** What Ajv, the validator inside env-schema, says of one variable. */
interface Finding {
  instancePath: string;
  keyword: string;
  message: string;
  params: { allowedValues?: string[] };
}

/** One finding as a sentence: the variable, what is wrong and what it is now. */
function describe({ instancePath, message, params }: Finding, set: Record<string, string>): string {
  const name = instancePath.slice(1);
  const value = `(it is ${JSON.stringify(set[name])})`;
  if (name === 'CLUSTER_NAME') return `${name} must be a DNS label ${value}`;
  if (name === 'WATCH_NAMESPACES') {
    return `${name} must be names of namespaces separated by commas, without spaces ${value}`;
  }
  const allowed = params.allowedValues ? `: ${params.allowedValues.join(', ')}` : '';
  return `${name} ${message}${allowed} ${value}`;
}

/** Names the files that the variables point to and that cannot be read. KUBECONFIG may name several. */
function unreadableFiles(set: Record<string, string>): string[] {
  const certificates = Object.entries(DEFAULT_FILES).map(
    ([name, path]) => [name, set[name] ?? path] as const,
  );
  const crl = set.TLS_CRL_FILE === undefined ? [] : [['TLS_CRL_FILE', set.TLS_CRL_FILE] as const];
  const kubeconfigs = kubeconfigPaths(set.KUBECONFIG).map((path) => ['KUBECONFIG', path] as const);
  return [
    ...certificates
      .filter(([, path]) => !isReadable(path))
      .map(
        ([name, path]) =>
          `${name} names a file that cannot be read: ${path} (make generate-certs makes a set)`,
      ),
    ...[...crl, ...kubeconfigs]
      .filter(([, path]) => !isReadable(path))
      .map(([name, path]) => `${name} names a file that cannot be read: ${path}`),
  ];
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
