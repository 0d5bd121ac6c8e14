import { KubeTimeoutError } from '../../../src/kube/kube-errors.ts';
import { Limited } from '../../../src/observability/limited.ts';
import type { Definition, Families, LabelValues } from '../../../src/observability/metrics/families.ts';
import { createMetrics } from '../../../src/observability/metrics/metrics.ts';
import { type DurationsOfCluster, RequestDurations } from '../../../src/observability/request-durations.ts';
import { HandshakesEnded } from '../../../src/tls/handshake-refusal.ts';
import { MemoryCluster } from '../build-app.ts';
import { type DocumentedRoute, documentedRoutes } from './documented-routes.ts';

/** The labels of the metrics of the client: it tells only those of series that exist. */
const LIBRARY_LABELS: Readonly<Record<string, string>> = {
  nodejs_gc_duration_seconds: '`kind`',
  nodejs_active_handles: '`type`',
  nodejs_active_requests: '`type`',
  nodejs_active_resources: '`type`',
  nodejs_heap_space_size_available_bytes: '`space`',
  nodejs_heap_space_size_total_bytes: '`space`',
  nodejs_heap_space_size_used_bytes: '`space`',
  nodejs_version_info: '`version`, `major`, `minor`, `patch`',
};

/** The metrics of a service that has one cluster and has done nothing. */
export function idleMetrics(): Families {
  return metricsOf(new Map([['a', new MemoryCluster()]]), new RequestDurations());
}

/**
 * The metrics of a service in whose clusters everything has happened that makes a series: each operation was answered with
 * each status that its documentation names.
 */
export async function busyMetrics(count: number): Promise<Families> {
  const routes = await documentedRoutes();
  const isOfCluster = ({ path }: DocumentedRoute) => path.startsWith('/{cluster}/');
  const durations = new RequestDurations();
  const clusters = new Map<string, MemoryCluster>();
  for (let at = 1; at <= count; at += 1) {
    const cluster = new BusyCluster();
    clusters.set(`cluster-${at}`, cluster);
    for (const route of routes) if (isOfCluster(route)) answered(durations.of(cluster), route);
    for (const outcome of WAIT_OUTCOMES) durations.of(cluster).wait(outcome).add(1);
    for (const end of STREAM_ENDS) durations.of(cluster).stream(end).add(1);
    for (const { method, codes } of CALLS) {
      for (const code of codes) {
        const observation = cluster.figures.calls.began({ method, path: '/', deadlineMs: 1 }, 'call');
        observation.ended(code);
      }
    }
  }
  for (const route of routes) if (!isOfCluster(route)) answered(durations.of(undefined), route);
  return metricsOf(clusters, durations);
}

/** With every mirror that a cluster can have. */
class BusyCluster extends MemoryCluster {
  override readonly mirrors = ['deployments', 'horizontalpodautoscalers', 'scaledobjects'].map(
    (resource) => ({
      resource,
      namespace: undefined,
      synced: true,
      ageMs: 1_000,
      stats: {
        lists: 1,
        watches: 1,
        failures: 0,
        parseErrors: 0,
        relists: {
          gone: 0,
          resourceVersionTooLarge: 0,
          wentBack: 0,
          outOfOrder: 0,
          malformed: 0,
          silence: 0,
        },
        events: { ADDED: 0, MODIFIED: 0, DELETED: 0, BOOKMARK: 0 },
      },
    }),
  );
}

const WAIT_OUTCOMES = [
  'ready',
  'disconnected',
  'DEPLOYMENT_GONE',
  'REPLICAS_OVERRIDDEN',
  'ROLLOUT_STUCK',
  'NOT_READY_IN_TIME',
  'WAIT_INTERRUPTED',
];
const STREAM_ENDS = ['age', 'rights', 'revoked', 'clusters', 'drain', 'disconnected'];
const GONE = new KubeTimeoutError(true, 1);
const CALLS = [
  { method: 'GET', codes: [200, 404, 410, 429, 500, 503, 504, GONE] },
  { method: 'POST', codes: [201, 403, 429, 500, 503, 504, GONE] },
  { method: 'PATCH', codes: [200, 403, 404, 409, 422, 429, 500, 503, 504, GONE] },
] as const;

function answered(durations: DurationsOfCluster, { method, path, operation }: DocumentedRoute): void {
  const statuses = new Set([200, 304, ...(operation?.errors ?? []).map(({ statusCode }) => statusCode)]);
  const route = path.replaceAll(/\{(\w+)\}/g, ':$1');
  for (const status of statuses) durations.request(method, route, `${status}`).add(0.001);
}

function metricsOf(
  clusters: ReadonlyMap<string, MemoryCluster>,
  requestDurations: RequestDurations,
): Families {
  const stats = {
    reloads: 0,
    failures: 0,
    broken: false,
    certificateNotAfter: new Date(0),
    clientCaNotAfter: new Date(0),
    crlNextUpdate: undefined,
  };
  return createMetrics({
    tracing: undefined,
    fleet: { clusters: [...clusters] },
    reloader: { stats },
    limited: new Limited(),
    longLived: { waiters: 0, batches: 0, streams: 0 },
    logStream: { dropped: 0 },
    requestDurations,
    handshakes: { ended: new HandshakesEnded(), running: 0 },
    clientConnections: new Map(),
  });
}

/** The text of docs/reference/metrics.md: every metric of /metrics, from the registry. */
export async function metricsReference(): Promise<string> {
  const metrics = idleMetrics();
  const [one, hundred] = [await size(1), await size(100)];
  const ofProcess = await metrics.registry.getMetricsAsJSON();
  const rows = metrics.described.map(
    (each) => `| \`${each.name}\` | ${each.type} | ${unitOf(each.name)} | ${labelsOf(each)} | ${each.help} |`,
  );
  const processRows = ofProcess.map(
    ({ name, type, help }) =>
      `| \`${name}\` | ${type} | ${unitOf(name)} | ${LIBRARY_LABELS[name] ?? ''} | ${help.replace(/\.$/, '')} |`,
  );
  return `# Metrics

\`GET /metrics\` of the management listener answers in the text format of Prometheus. \`make docs\` generates this page from
the metrics that the service serves.

No label names a namespace, a Deployment or a user, and none repeats what a client says: clients cannot make series. All
series of a cluster end with it. Counts and durations are those of one replica since its start, or since it began to serve
the cluster: sum their rates over the replicas. Of what every replica sees by a watch of its own (\`scaler_overrides_total\`,
\`scaler_fights_total\`, \`scaler_cache_deployments\`, \`scaler_deployments_paused_at_zero\`), take the maximum over the
replicas: a sum would count it once per replica.

## Of the service

| Name | Type | Unit | Labels | Meaning |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

## Of the process

| Name | Type | Unit | Labels | Meaning |
| --- | --- | --- | --- | --- |
${processRows.join('\n')}

## What counts where

- A request is in exactly one of \`http_server_request_duration_seconds\`, \`scaler_wait_duration_seconds\` (requests with
  \`wait\` whose wait began) and \`scaler_stream_duration_seconds\` (streams, when they end). A write with \`wait\` that fails
  is in the first one, so that its 503 or 504 counts as that of any other write. Answers to what is not HTTP, or whose URL
  cannot be decoded, have an empty route; those to what is not HTTP count with 0 s. A connection that is cut without an
  answer is in \`scaler_connections_cut_total\` instead.
- A handshake is accepted or refused. A client that connects and sends nothing until it goes is neither.
- A request may take several decisions. A read that the service knows, and then answers in the usual way, for example because
  its client is over its rate, takes them twice.
- \`scaler_access_reviews_total\` and \`scaler_access_review_duration_seconds\` have the reviews that were asked for clients.
  Those by which the service itself finds out whether it gets decisions are in \`rest_client_requests_total\` only.
- \`rest_client_requests_total\` leaves out requests for which there were no credentials, because nothing was sent, and those
  that nobody waits for any more, for example when the service stops.
- \`scaler_requests_shed_total\` leaves out \`READS_PER_SECOND\` and \`WRITES_PER_SECOND\`. A client that reaches its rate gets
  429 \`RATE_LIMITED\`, which \`http_server_request_duration_seconds\` has by its status.
- \`scaler_writes_total\` counts a write once, also if a batch tries it several times. What a batch does not try is not in it,
  except that it is \`denied\` or \`refused\`.
- \`scaler_cache_*\` and \`scaler_reflector_*\` have one series per resource, over all namespaces that are watched; the log names
  the namespace.

## How many series

Nothing that clients send adds a series, so the configuration bounds them. If every operation had been answered with every
status that it documents, for every cluster, and every kind of call of the API server had failed in every usual way:

| Clusters | Lines | Text |
| --- | --- | --- |
| 1 | ${one} |
| 100 | ${hundred} |

A series exists once something has happened to it, so a real service has a small part of them. A histogram of requests takes
some 300 bytes of memory per kind of request, and a scrape as much text as the table says.
`;
}

/** Lines without comments, and bytes, of a service to which everything has happened. */
async function size(clusters: number): Promise<string> {
  const text = Buffer.concat(await (await busyMetrics(clusters)).text());
  const lines = text
    .toString()
    .split('\n')
    .filter((line) => /^(http|scaler|rest)_/.test(line));
  const kilobytes = lines.join('\n').length / 1_000;
  const round = (value: number) => Number(value.toPrecision(2)).toLocaleString('en');
  return `${round(lines.length)} | ${kilobytes < 1_000 ? `${round(kilobytes)} kB` : `${round(kilobytes / 1_000)} MB`}`;
}

function unitOf(name: string): string {
  if (name.endsWith('_timestamp_seconds')) return 'seconds since 1970';
  return /_(seconds|bytes)(_total)?$/.exec(name)?.[1] ?? '';
}

function labelsOf({ labels }: Definition): string {
  const texts = Object.entries<LabelValues>(labels).map(([name, values]) => {
    const said = typeof values === 'string' ? values : values.map((value) => `\`${value}\``).join(', ');
    return `\`${name}\`: ${said.replaceAll('<error>', '`<error>`')}`;
  });
  return texts.join('; ');
}
