import { Limited } from '../limited.ts';
import type { Families } from './families.ts';
import type { MetricsSources } from './metrics-sources.ts';

/** What limits cut and refused, and how much of them is used. */
export function limitMetrics(families: Families, sources: MetricsSources): void {
  const { limited, longLived, logStream, tracing } = sources;
  const counter = (
    name: string,
    help: string,
    read: (limited: Limited) => Readonly<Record<string, number>>,
  ) =>
    families.counter({ name, help, labels: { limit: Object.keys(read(new Limited())) } }, (report) => {
      for (const [limit, count] of Object.entries(read(limited))) report({ limit }, count);
    });
  const gauge = (name: string, help: string, read: () => number) =>
    families.gauge({ name, help, labels: {} }, (report) => report({}, read()));

  counter('scaler_connections_cut_total', 'Connections that a limit cut', ({ connections }) => connections);
  counter(
    'scaler_requests_shed_total',
    'Requests that a limit refused, without those over the rate of their client',
    ({ requests }) => requests,
  );
  counter(
    'scaler_log_lines_dropped_total',
    'Log lines that were dropped because of a limit',
    ({ logLines }) => ({
      client: logLines,
      full: logStream.dropped,
    }),
  );
  families.counter(
    {
      name: 'scaler_trace_spans_dropped_total',
      help: 'Spans of traces that the collector did not take in time; always 0 while traces are off',
      labels: {},
    },
    (report) => report({}, tracing?.dropped ?? 0),
  );
  gauge('scaler_waiters', 'Requests that wait for a rollout', () => longLived.waiters);
  gauge('scaler_batches', 'Batches of writes that are under way', () => longLived.batches);
  gauge('scaler_streams', 'Streams of events that clients read', () => longLived.streams);
}
