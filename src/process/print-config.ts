import { loadConfig } from '../config/config.ts';
import { ConfigSchema } from '../config/config-schema.ts';
import { limitsOn, thisMachine } from '../config/machine-limits.ts';
import { oneLine } from '../lib/one-line.ts';
import { VERSION } from '../lib/version.ts';

/** Variables that change what the service does, and are not its own. */
const OTHERS =
  /^(?:(?:https?|all|no)_proxy|OTEL_[A-Z0-9_]+|NODE_OPTIONS|NODE_EXTRA_CA_CERTS|KUBERNETES_SERVICE_(?:HOST|PORT))$/i;
const URLS = /^(?:https?|all)_proxy$|^OTEL_[A-Z_]+_ENDPOINT$/i;
/** Of the variables of OpenTelemetry, those whose values are never credentials. */
const PLAIN_OTEL =
  /^OTEL_(?:SDK_DISABLED|SERVICE_NAME|TRACES_(?:EXPORTER|SAMPLER|SAMPLER_ARG)|EXPORTER_OTLP_(?:TRACES_)?(?:TIMEOUT|COMPRESSION|PROTOCOL|CERTIFICATE|CLIENT_CERTIFICATE))$/;
const HIDDEN = '(hidden)';

/**
 * The effective configuration as a table: each variable, its value, and whether that is its default. Nothing secret is in
 * it: files are named and not shown, and of URLs there is no more than where they lead to.
 * @throws ConfigError, MachineError if the service would not start with it
 */
export function printConfig(environment: NodeJS.ProcessEnv): string {
  const config = loadConfig(environment);
  const values: Readonly<Record<string, unknown>> = config;
  const rows = Object.keys(ConfigSchema.properties).map((name): Row => {
    const from = environment[name] ? 'environment' : 'default';
    return [name, values[name] === undefined ? '(unset)' : String(values[name]), from];
  });
  const others = Object.keys(environment)
    .filter((name) => OTHERS.test(name) && environment[name])
    .sort()
    .map((name): Row => [name, shown(name, environment[name] ?? ''), 'environment']);
  const limits = limitsOn(thisMachine(), config.limits, config.clusters.length);
  const derived: Row[] = [
    ['version', VERSION, 'the program'],
    ...config.clusters.map(({ name, kubeconfig, namespaces }): Row => {
      const where = kubeconfig ?? 'the service account of the pod';
      const watched = namespaces.length === 0 ? 'all namespaces' : `namespaces ${namespaces.join(', ')}`;
      return [`cluster ${name}`, `${where}, ${watched}`, config.clustersSource.from];
    }),
    ['connections', String(limits.maxConnections), 'MAX_CONNECTIONS and ulimit -n'],
    [
      'memory',
      limits.maxMemoryBytes === 0 ? 'no limit' : `${Math.floor(limits.maxMemoryBytes / 2 ** 20)} MiB`,
      config.MAX_HEAP_MIB === 0 ? 'the limit of the container' : 'MAX_HEAP_MIB',
    ],
  ];
  return table([['NAME', 'VALUE', 'FROM'], ...rows, ...others, ...derived]);
}

type Row = readonly [name: string, value: string, from: string];

/** The value of one of the other variables, without what may be secret in it. */
function shown(name: string, value: string): string {
  if (URLS.test(name)) return urlShown(value);
  if (name === 'OTEL_RESOURCE_ATTRIBUTES') return namesShown(value);
  if (/^OTEL_/i.test(name) && !PLAIN_OTEL.test(name)) return HIDDEN;
  return value;
}

/**
 * The origin of a URL, and its path if it is that of OpenTelemetry; some collectors take a key in another. Nothing of it if that
 * may be a part of a password, because somebody has forgotten to escape an @ or a / in it.
 */
function urlShown(value: string): string {
  const url = URL.parse(value);
  if (url === null || url.host === '') return HIDDEN;
  const { protocol, username, password, host, pathname, search, hash } = url;
  const hasUser = username !== '' || password !== '';
  if (value.split('@').length !== (hasUser ? 2 : 1)) return HIDDEN;
  return [
    `${protocol}//`,
    ...(hasUser ? [HIDDEN, '@'] : []),
    host,
    ...(pathname === '/' ? [] : [/^(\/v1\/traces)?\/?$/.test(pathname) ? pathname : `/${HIDDEN}`]),
    ...(search === '' ? [] : ['?', HIDDEN]),
    ...(hash === '' ? [] : ['#', HIDDEN]),
  ].join('');
}

/** The names in `name=value,name=value`. */
function namesShown(value: string): string {
  return value
    .split(',')
    .map((pair) => (pair.includes('=') ? `${pair.slice(0, pair.indexOf('='))}=${HIDDEN}` : HIDDEN))
    .join();
}

function table(rows: readonly Row[]): string {
  const lines = rows.map((row) => row.map(oneLine));
  const widths = [0, 1].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
