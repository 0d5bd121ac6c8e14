import type { Families } from './families.ts';
import { CLUSTER, type MetricsSources, type Observed } from './metrics-sources.ts';

type Mirrored = Observed['mirrors'][number];

const LABELS = {
  cluster: CLUSTER,
  resource: 'what is mirrored: deployments, horizontalpodautoscalers or scaledobjects',
};

/**
 * The mirrors of what the API servers hold. There is one per resource and watched namespace; those of a resource are one
 * series here, so the configuration cannot multiply them. The log names the namespace.
 */
export function reflectorMetrics(families: Families, { fleet }: MetricsSources): void {
  /** The mirrors of each resource of each cluster. */
  function* resources() {
    for (const [cluster, { mirrors }] of fleet.clusters) {
      const byResource = Map.groupBy(mirrors, ({ resource }) => resource);
      for (const [resource, those] of byResource) yield [{ cluster, resource }, those] as const;
    }
  }
  const counter = <By extends string>(
    name: string,
    help: string,
    by: Readonly<Record<By, readonly string[]>>,
    countsOf: (mirror: Mirrored) => Readonly<Record<string, number>>,
  ) => {
    const [label = ''] = Object.keys(by);
    const values = Object.values<readonly string[]>(by).flat();
    families.counter<string>({ name, help, labels: { ...LABELS, ...by } }, async (report, pause) => {
      for (const [labels, mirrors] of resources()) {
        const counts = mirrors.map(countsOf);
        for (const value of values)
          report(
            { ...labels, [label]: value },
            counts.reduce((total, each) => total + (each[value] ?? 0), 0),
          );
        await pause();
      }
    });
  };

  families.gauge(
    {
      name: 'scaler_cache_synced',
      help: '1: the cache has been filled at least once, in every namespace that is watched',
      labels: LABELS,
    },
    async (report, pause) => {
      for (const [labels, mirrors] of resources()) {
        report(labels, mirrors.every(({ synced }) => synced) ? 1 : 0);
        await pause();
      }
    },
  );
  families.gauge(
    {
      name: 'scaler_cache_age_seconds',
      help: 'Time since the API server last confirmed the state: the longest of the namespaces that have been read',
      labels: LABELS,
    },
    async (report, pause) => {
      for (const [labels, mirrors] of resources()) {
        const ages = mirrors.flatMap(({ ageMs }) => ageMs ?? []);
        if (ages.length > 0) report(labels, Math.max(...ages) / 1000);
        await pause();
      }
    },
  );
  counter(
    'scaler_reflector_requests_total',
    'Lists and watches that were started',
    { kind: ['list', 'watch'] },
    ({ stats }) => ({ list: stats.lists, watch: stats.watches }),
  );
  counter(
    'scaler_reflector_failures_total',
    'Lists and watches that failed; any: all of them; malformed: those whose answer could not be used',
    { kind: ['any', 'malformed'] },
    ({ stats }) => ({ any: stats.failures, malformed: stats.parseErrors }),
  );
  counter(
    'scaler_reflector_relists_total',
    'Lists after the first, by reason',
    { reason: ['gone', 'resourceVersionTooLarge', 'wentBack', 'outOfOrder', 'malformed', 'silence'] },
    ({ stats }) => stats.relists,
  );
  counter(
    'scaler_reflector_events_total',
    'Events of watches, by type',
    { type: ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK'] },
    ({ stats }) => stats.events,
  );
}
