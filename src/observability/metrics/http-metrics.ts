import type { Families } from './families.ts';
import { CLUSTER, type MetricsSources } from './metrics-sources.ts';

const ANY_CLUSTER = `${CLUSTER}; empty: the request named none that is served`;

/** How long requests took. */
export function httpMetrics(families: Families, { fleet, requestDurations }: MetricsSources): void {
  /** The clusters with their names, and what named none. */
  function* durations() {
    yield ['', requestDurations.of(undefined)] as const;
    for (const [name, cluster] of fleet.clusters) yield [name, requestDurations.of(cluster)] as const;
  }

  families.histogram(
    {
      name: 'http_server_request_duration_seconds',
      help: 'From the headers of a request until its answer was sent; without waits that began, and streams',
      labels: {
        http_request_method: 'GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH; otherwise _OTHER',
        http_route:
          'template of the path, for example /replica-count or /:cluster/replica-count; empty: none fits',
        http_response_status_code:
          'status of the answer; empty: its client was gone before the answer was there',
        cluster: ANY_CLUSTER,
      },
    },
    (report) => {
      for (const [cluster, { requests }] of durations()) {
        for (const { method, route, status, durations } of requests) {
          report(
            { http_request_method: method, http_route: route, http_response_status_code: status, cluster },
            durations,
          );
        }
      }
    },
  );
  families.histogram(
    {
      name: 'scaler_wait_duration_seconds',
      help: 'Requests that waited for a rollout (wait=), with the write before it if there was one',
      labels: {
        cluster: ANY_CLUSTER,
        outcome: 'ready; otherwise the code of the answer, or disconnected if nobody got one',
      },
    },
    (report) => {
      for (const [cluster, { waits }] of durations())
        for (const [outcome, seconds] of waits) report({ cluster, outcome }, seconds);
    },
  );
  families.histogram(
    {
      name: 'scaler_stream_duration_seconds',
      help: 'Streams of events that have ended',
      labels: {
        cluster: `${CLUSTER}; empty: all clusters`,
        end: ['age', 'rights', 'revoked', 'clusters', 'drain', 'disconnected'],
      },
    },
    (report) => {
      for (const [cluster, { streams }] of durations())
        for (const [end, seconds] of streams) report({ cluster, end }, seconds);
    },
  );
}
