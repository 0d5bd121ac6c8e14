import type { Families } from './families.ts';
import { CLUSTER, type MetricsSources } from './metrics-sources.ts';

const METHOD = 'GET, POST, PATCH or PUT';

/** The requests to API servers, under the names that client-go uses. */
export function kubeCallMetrics(families: Families, { fleet }: MetricsSources): void {
  families.counter(
    {
      name: 'rest_client_requests_total',
      help: 'Requests to the API server, watches among them; without those that their callers gave up',
      labels: {
        cluster: CLUSTER,
        method: METHOD,
        code: 'status of the answer; <error>: there was none, or only a part of one',
      },
    },
    (report) => {
      for (const [cluster, { figures }] of fleet.clusters)
        for (const [method, counts] of figures.calls.counts)
          for (const [code, count] of counts) report({ cluster, method, code }, count);
    },
  );
  families.histogram(
    {
      name: 'rest_client_request_duration_seconds',
      help: 'Requests to the API server until their whole answer was there, without watches',
      labels: { cluster: CLUSTER, verb: METHOD },
    },
    (report) => {
      for (const [cluster, { figures }] of fleet.clusters)
        for (const [verb, durations] of figures.calls.durations) report({ cluster, verb }, durations);
    },
  );
}
