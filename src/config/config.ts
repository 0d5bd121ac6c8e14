import { accessSync, constants, existsSync } from 'node:fs';
import { envSchema } from 'env-schema';
import type { DecisionTimes } from '../cluster/access/authorizer.ts';
import type { RailRule } from '../cluster/rails/rule.ts';
import type { ClusterEntry } from '../fleet/clusters-file.ts';
import { type ClustersSource, clustersSource, readClusters } from '../fleet/clusters-source.ts';
import { DefinitionError } from '../fleet/definition.ts';
import { readRails } from '../fleet/rails-file.ts';
import { kubeconfigPaths } from '../kube/kubeconfig/kubeconfig.ts';
import type { IdentityPolicy } from '../tls/certificate-identity.ts';
import { ConfigSchema, DEFAULT_CLUSTER, DEFAULT_FILES, type Variables } from './config-schema.ts';
import { type ConfiguredLimits, limitsOf } from './limits.ts';
import { tracingIn } from './tracing-variables.ts';

/** The validated configuration. Variables that hold a list are split; the list of an unset variable is empty. */
export type Config = Variables & {
  /** The clusters at the start, at least one, and where they were read from. */
  readonly clusters: readonly ClusterEntry[];
  readonly clustersSource: ClustersSource;
  /** The rules of the rails file at the start; without a file there are none. */
  readonly rails: readonly RailRule[];
  readonly identityPolicy: IdentityPolicy;
  readonly managementAllowedHosts: readonly string[];
  readonly limits: ConfiguredLimits;
  readonly decisionTimes: DecisionTimes;
  /** Whether requests are traced. */
  readonly tracing: boolean;
  /** Why they are not, although the variables of OpenTelemetry ask for it; undefined: they do not. */
  readonly tracesOff: string | undefined;
};

/** The environment variables are not valid. `message` lists all mistakes, one per line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly mistakes: readonly string[];
  constructor(mistakes: readonly string[]) {
    super(['The configuration is not usable:', ...mistakes.map((mistake) => `  - ${mistake}`)].join('\n'));
    this.mistakes = mistakes;
  }
}

/**
 * Reads and checks the environment once.
 * An empty variable counts as unset. Unknown variables are ignored, because other programs use the environment too.
 * @throws ConfigError with all mistakes, including unreadable files
 */
export function loadConfig(environment: NodeJS.ProcessEnv): Config {
  const set: Record<string, string> = {};
  for (const name of Object.keys(ConfigSchema.properties)) {
    const value = environment[name];
    if (value !== undefined && value !== '') set[name] = value;
  }
  const { values, mistakes } = validate(set);
  const source = clustersSource(
    { ...set, CLUSTER_NAME: set.CLUSTER_NAME ?? DEFAULT_CLUSTER },
    Boolean(environment.KUBERNETES_SERVICE_HOST),
    listOf(set.WATCH_NAMESPACES),
  );
  mistakes.push(...unreadableFiles(set, source.from));
  const { tracing, refusal: tracesOff, mistakes: ofTracing } = tracingIn(environment);
  mistakes.push(...ofTracing);
  const clusters = definitions(() => readClusters(source), mistakes);
  const { RAILS_FILE: railsFile } = set;
  const rails = definitions(() => (railsFile === undefined ? [] : readRails(railsFile)), mistakes);
  if (values === undefined || mistakes.length > 0) throw new ConfigError(mistakes);
  return Object.freeze({
    ...values,
    tracing,
    tracesOff,
    clusters,
    clustersSource: source,
    rails,
    identityPolicy: Object.freeze({
      allowedReserved: listOf(values.ALLOWED_RESERVED_IDENTITIES),
      allowedClients: listOf(values.ALLOWED_CLIENTS),
    }),
    managementAllowedHosts: listOf(values.MANAGEMENT_ALLOWED_HOSTS),
    limits: limitsOf(values),
    decisionTimes: Object.freeze({
      allowedSeconds: values.AUTHORIZATION_ALLOWED_SECONDS,
      deniedSeconds: values.AUTHORIZATION_DENIED_SECONDS,
      outageSeconds: values.AUTHORIZATION_OUTAGE_SECONDS,
    }),
  });
}

/** Reads what files define. If that fails, it adds the reasons to the mistakes and returns nothing. */
function definitions<T>(read: () => T[], mistakes: string[]): readonly T[] {
  try {
    return Object.freeze(read());
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    mistakes.push(...error.mistakes);
    return [];
  }
}

/** Splits a variable at its commas and ignores spaces around them. */
function listOf(value: string | undefined): readonly string[] {
  const parts = (value ?? '').split(',').map((part) => part.trim());
  return Object.freeze([...new Set(parts.filter((part) => part !== ''))]);
}

function validate(set: Record<string, string>): { values?: Variables; mistakes: string[] } {
  try {
    // env-schema modifies the schema, so it gets a copy.
    const schema = structuredClone(ConfigSchema);
    return { values: envSchema<Variables>({ schema, data: set, env: false }), mistakes: [] };
  } catch (error) {
    if (!(error instanceof Error && 'errors' in error && Array.isArray(error.errors))) throw error;
    return { mistakes: error.errors.map((finding: Finding) => describe(finding, set)) };
  }
}

/** A validation error of Ajv, the validator inside env-schema, about one variable. */
interface Finding {
  instancePath: string;
  keyword: string;
  message: string;
  params: { allowedValues?: string[] };
}

/** Describes one finding: the variable, what is wrong with it, and its current value. */
function describe({ instancePath, message, params }: Finding, set: Record<string, string>): string {
  const name = instancePath.slice(1);
  const value = `(it is ${JSON.stringify(set[name])})`;
  if (name === 'CLUSTER_NAME') return `${name} must be a DNS label ${value}`;
  if (name === 'WATCH_NAMESPACES') {
    return `${name} must be namespaces separated by commas, without spaces ${value}`;
  }
  if (name === 'MANAGEMENT_ALLOWED_HOSTS') {
    return `${name} must be host names separated by commas, without ports or spaces ${value}`;
  }
  const allowed = params.allowedValues ? `: ${params.allowedValues.join(', ')}` : '';
  return `${name} ${message}${allowed} ${value}`;
}

/**
 * Describes the files that variables name and that cannot be read. KUBECONFIG counts only if it is the source in use.
 */
function unreadableFiles(set: Record<string, string>, from: ClustersSource['from']): string[] {
  const certificates = Object.entries(DEFAULT_FILES).map(
    ([name, path]) => [name, set[name] ?? path] as const,
  );
  const crl = set.TLS_CRL_FILE === undefined ? [] : [['TLS_CRL_FILE', set.TLS_CRL_FILE] as const];
  const kubeconfig = from === 'KUBECONFIG' ? set.KUBECONFIG : undefined;
  const kubeconfigs = unusable(kubeconfigPaths(kubeconfig)).map((path) => ['KUBECONFIG', path] as const);
  return [
    ...certificates
      .filter(([, path]) => !isReadable(path))
      .map(
        ([name, path]) =>
          `${name} names a file that cannot be read: ${path} (make generate-certs makes a set)`,
      ),
    ...[...crl.filter(([, path]) => !isReadable(path)), ...kubeconfigs].map(
      ([name, path]) => `${name} names a file that cannot be read: ${path}`,
    ),
  ];
}

/** The kubeconfigs that cannot be read. As for kubectl, some may be missing, but not all. */
function unusable(paths: readonly string[]): string[] {
  const unreadable = paths.filter((path) => !isReadable(path));
  return unreadable.length === paths.length ? unreadable : unreadable.filter((path) => existsSync(path));
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
