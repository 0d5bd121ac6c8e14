/**
 * The variables of OpenTelemetry that matter here, with their meaning. Its SDK reads them itself, by the names and in the forms
 * that all its SDKs share. They are no part of the schema of the configuration: some hold secrets.
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
  OTEL_TRACES_SAMPLER:
    'Which requests are traced: `parentbased_always_on` (default), `parentbased_traceidratio`, `parentbased_always_off`, `always_on`, `traceidratio`, `always_off`. Those with `parentbased_` do as the `traceparent` of the client says, if it sends one',
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
const ENDPOINTS = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] as const;

/** Whether requests are traced, and what is wrong with the variables. The SDK would go on with defaults instead of telling. */
export function tracingIn(environment: NodeJS.ProcessEnv): { tracing: boolean; mistakes: string[] } {
  const variable = (name: keyof typeof TRACING_VARIABLES) => environment[name] || undefined;
  const set = ENDPOINTS.flatMap((name) => {
    const value = variable(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  if (set.length === 0) return { tracing: false, mistakes: [] };
  const mistakes = set
    .filter(([, value]) => !/^https?:$/.test(URL.parse(value)?.protocol ?? ''))
    // Without its value, which may hold a password.
    .map(([name]) => `${name} must be an http:// or https:// URL`);
  const sampler = variable('OTEL_TRACES_SAMPLER');
  if (sampler !== undefined && !SAMPLERS.includes(sampler))
    mistakes.push(
      `OTEL_TRACES_SAMPLER must be one of ${SAMPLERS.join(', ')} (it is ${JSON.stringify(sampler)})`,
    );
  const share = variable('OTEL_TRACES_SAMPLER_ARG');
  if (sampler?.endsWith('traceidratio') && !(Number(share) >= 0 && Number(share) <= 1))
    mistakes.push(
      `OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1 (it is ${JSON.stringify(share ?? '')})`,
    );
  const timeout = variable('OTEL_EXPORTER_OTLP_TIMEOUT');
  if (timeout !== undefined && !/^[1-9]\d*$/.test(timeout))
    mistakes.push(`OTEL_EXPORTER_OTLP_TIMEOUT must be a number of ms (it is ${JSON.stringify(timeout)})`);
  return { tracing: true, mistakes };
}
