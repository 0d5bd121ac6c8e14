import { WRITE_OUTCOMES } from '../../cluster/write-outcomes.ts';
import type { Families } from './families.ts';
import { CLUSTER, type MetricsSources, type Observed } from './metrics-sources.ts';

const STATES = ['ready', 'syncing', 'unreachable', 'blocked'];

/** What each cluster is in, and what became of the writes to it. */
export function clusterMetrics(families: Families, { fleet }: MetricsSources): void {
  const labels = { cluster: CLUSTER };
  const gauge = (name: string, help: string, read: (cluster: Observed) => number) =>
    families.gauge({ name, help, labels }, (report) => {
      for (const [cluster, observed] of fleet.clusters) report({ cluster }, read(observed));
    });
  const counter = (name: string, help: string, read: (cluster: Observed) => number) =>
    families.counter({ name, help, labels }, (report) => {
      for (const [cluster, observed] of fleet.clusters) report({ cluster }, read(observed));
    });

  gauge('scaler_cluster_ready', '1: the cluster is ready, 0: it is in another state', ({ state }) =>
    state === 'ready' ? 1 : 0,
  );
  families.gauge(
    {
      name: 'scaler_cluster_state',
      help: '1 for the state that the cluster is in, 0 for the others; see GET /clusters',
      labels: { ...labels, state: STATES },
    },
    (report) => {
      for (const [cluster, observed] of fleet.clusters)
        for (const state of STATES) report({ cluster, state }, observed.state === state ? 1 : 0);
    },
  );
  gauge('scaler_cache_deployments', 'Deployments in the cache', ({ objects }) => objects);
  families.gauge(
    {
      name: 'scaler_deployments_paused_at_zero',
      help: 'Deployments at 0 that an autoscaler targets: it does nothing until somebody sets another count',
      labels,
    },
    async (report, pause) => {
      for (const [cluster, observed] of fleet.clusters) {
        report({ cluster }, observed.pausedAtZero); // looks at each Deployment
        await pause();
      }
    },
  );
  families.counter(
    {
      name: 'scaler_writes_total',
      help: 'Writes of a count, each item of a batch among them, without dry runs',
      labels: { ...labels, outcome: WRITE_OUTCOMES },
    },
    (report) => {
      for (const [cluster, { figures }] of fleet.clusters)
        for (const outcome of WRITE_OUTCOMES) report({ cluster, outcome }, figures.writes[outcome]);
    },
  );
  counter(
    'scaler_overrides_total',
    'Counts that somebody else changed within 5 minutes after the service had set them, as this replica saw it',
    ({ overrides }) => overrides,
  );
  counter(
    'scaler_fights_total',
    'Deployments whose count two managers began to set in turn, three times within 10 minutes, as this replica saw it',
    ({ fights }) => fights,
  );
  counter(
    'scaler_rail_refusals_total',
    'Writes of a count, dry runs among them, that a rail refused',
    ({ railRefusals }) => railRefusals,
  );
}
