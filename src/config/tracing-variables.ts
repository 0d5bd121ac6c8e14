/**
 * The variables of OpenTelemetry that matter here, with their meaning. Its SDK reads them itself, by the names and in the
 * forms that all its SDKs share. They are not in the schema of the configuration: some hold secrets.
 */
export const TRACING_VARIABLES = {
  OTEL_EXPORTER_OTLP_ENDPOINT:
    'The collector, `http://` or `https://`; `/v1/traces` is appended. Traces are off unless this or the next is set',
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'The same with the whole path. It goes before the other',
  OTEL_EXPORTER_OTLP_HEADERS:
    'Headers for the collector: `name=value`, separated by commas. A secret, if it holds a token',
  OTEL_EXPORTER_OTLP_TIMEOUT:
    'How long the collector may take for a request, retries included, in ms. Default: 10000',
  OTEL_EXPORTER_OTLP_COMPRESSION: '`gzip` or `none`, the default',
  OTEL_EXPORTER_OTLP_CERTIFICATE: 'File with the CA of the collector, PEM. Default: the CAs of Node',
  OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: 'File with a client certificate for the collector, PEM',
  OTEL_EXPORTER_OTLP_CLIENT_KEY: 'File with its key, PEM',
  OTEL_SERVICE_NAME: 'Name of the service in traces. Default: `k8s-deployment-scaler`',
  OTEL_RESOURCE_ATTRIBUTES:
    'What every span says: `name=value`, separated by commas, for example the pod and the node',
  OTEL_SDK_DISABLED: '`true`: traces are off, whatever else is set',
  OTEL_TRACES_EXPORTER: '`otlp`, the default; `none`: traces are off',
  OTEL_EXPORTER_OTLP_PROTOCOL:
    '`http/json` or `http/protobuf`: JSON is sent in both cases, which collectors take at the same address. `grpc` is not spoken: traces are off, with a warning in the log',
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'The same. It goes before the other',
  OTEL_TRACES_SAMPLER:
    'Which requests are traced: `parentbased_always_on` (default), `parentbased_traceidratio`, `parentbased_always_off`, `always_on`, `traceidratio`, `always_off` (traces are off). Those with `parentbased_` do as the `traceparent` of the client says, if it sends one',
  OTEL_TRACES_SAMPLER_ARG: 'The share of requests that a sampler with `traceidratio` traces, 0 to 1',
} as const;

const SAMPLERS = [
  'parentbased_always_on',
  'parentbased_traceidratio',
  'parentbased_always_off',
  'always_on',
  'traceidratio',
  'always_off',
];
/** What OpenTelemetry defines for other programs. A platform may set it for all its pods, so it must not keep this one down. */
const FOREIGN_SAMPLERS = ['jaeger_remote', 'parentbased_jaeger_remote', 'xray'];
const EXPORTERS = ['otlp', 'none'];
const FOREIGN_EXPORTERS = ['console', 'zipkin', 'jaeger', 'prometheus', 'logging'];
const PROTOCOLS = ['http/json', 'http/protobuf'];
const FOREIGN_PROTOCOLS = ['grpc'];
const ENDPOINTS = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] as const;

/** What the variables of OpenTelemetry mean for this service. */
export interface TracingSettings {
  /** Whether requests are traced. */
  readonly tracing: boolean;
  /** Why they are not, where a collector is set and nobody has turned traces off; for people. */
  readonly refusal?: string;
  /** What is wrong with the variables. The SDK would go on with defaults instead of telling. */
  readonly mistakes: readonly string[];
}

/**
 * Reads the variables of OpenTelemetry. A value that it defines and that this service does not support turns traces off; one
 * that it does not define is a mistake.
 */
export function tracingIn(environment: NodeJS.ProcessEnv): TracingSettings {
  const variable = (name: keyof typeof TRACING_VARIABLES) => environment[name] || undefined;
  const endpoints = ENDPOINTS.flatMap((name) => {
    const value = variable(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const sampler = variable('OTEL_TRACES_SAMPLER');
  const exporters = (variable('OTEL_TRACES_EXPORTER') ?? 'otlp').split(',').map((name) => name.trim());
  const isOff =
    endpoints.length === 0 ||
    variable('OTEL_SDK_DISABLED')?.toLowerCase() === 'true' ||
    exporters.includes('none') ||
    sampler === 'always_off';
  if (isOff) return { tracing: false, mistakes: [] };

  const mistakes = endpoints
    .filter(([, value]) => !/^https?:$/.test(URL.parse(value)?.protocol ?? ''))
    // Without its value, which may hold a password.
    .map(([name]) => `${name} must be an http:// or https:// URL`);
  let refusal: string | undefined;
  /** Checks a value that must be one of some. */
  const oneOf = (name: string, value: string, own: readonly string[], foreign: readonly string[]) => {
    if (own.includes(value)) return;
    const must = `${name} must be one of ${own.join(', ')} (it is ${JSON.stringify(value)})`;
    if (foreign.includes(value)) refusal ??= `requests are not traced: ${must}`;
    else mistakes.push(must);
  };
  // Of several it is enough if one is supported.
  if (!exporters.includes('otlp'))
    for (const name of exporters) oneOf('OTEL_TRACES_EXPORTER', name, EXPORTERS, FOREIGN_EXPORTERS);
  for (const name of ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'] as const) {
    const value = variable(name);
    if (value === undefined) continue;
    oneOf(name, value, PROTOCOLS, FOREIGN_PROTOCOLS);
    break;
  }
  if (sampler !== undefined) oneOf('OTEL_TRACES_SAMPLER', sampler, SAMPLERS, FOREIGN_SAMPLERS);
  const share = variable('OTEL_TRACES_SAMPLER_ARG');
  if (sampler?.endsWith('traceidratio') && !(Number(share) >= 0 && Number(share) <= 1))
    mistakes.push(
      `OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1 (it is ${JSON.stringify(share ?? '')})`,
    );
  const timeout = variable('OTEL_EXPORTER_OTLP_TIMEOUT');
  if (timeout !== undefined && !/^[1-9]\d*$/.test(timeout))
    mistakes.push(`OTEL_EXPORTER_OTLP_TIMEOUT must be a number of ms (it is ${JSON.stringify(timeout)})`);
  return refusal === undefined ? { tracing: true, mistakes } : { tracing: false, refusal, mistakes: [] };
}
