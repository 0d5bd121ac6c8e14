import type { Families } from './families.ts';
import { CLUSTER, type MetricsSources } from './metrics-sources.ts';

/** Decisions about what callers may do, and the access reviews behind them. */
export function authorizationMetrics(families: Families, { fleet }: MetricsSources): void {
  families.counter(
    {
      name: 'scaler_authorization_decisions_total',
      help: 'Decisions about what callers may do, of which a request may take several',
      labels: {
        cluster: CLUSTER,
        source: ['cache', 'review', 'outage', 'mode'],
        decision: ['allowed', 'denied', 'failed'],
      },
    },
    (report) => {
      for (const [cluster, { figures }] of fleet.clusters) {
        for (const [source, counts] of Object.entries(figures.decisions))
          for (const [decision, count] of Object.entries<number>(counts))
            report({ cluster, source, decision }, count);
      }
    },
  );
  families.histogram(
    {
      name: 'scaler_access_review_duration_seconds',
      help: 'Access reviews for clients that the API server answered or failed',
      labels: { cluster: CLUSTER },
    },
    (report) => {
      for (const [cluster, { reviews }] of fleet.clusters) report({ cluster }, reviews.durations);
    },
  );
  families.counter(
    {
      name: 'scaler_access_reviews_total',
      help: 'Access reviews that the service requested for clients, by result',
      labels: { cluster: CLUSTER, result: ['allowed', 'denied', 'failed'] },
    },
    (report) => {
      for (const [cluster, { reviews }] of fleet.clusters)
        for (const [result, count] of Object.entries(reviews.counts)) report({ cluster, result }, count);
    },
  );
  families.gauge(
    {
      name: 'scaler_authorizer_available',
      help: '1: the last access review succeeded, 0: it failed, so requests that need one are answered with 503',
      labels: { cluster: CLUSTER },
    },
    (report) => {
      for (const [cluster, { reviews }] of fleet.clusters)
        report({ cluster }, reviews.state === 'available' ? 1 : 0);
    },
  );
}
