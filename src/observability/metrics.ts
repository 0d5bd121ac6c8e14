import { Counter, collectDefaultMetrics, Gauge, Registry } from '@prometheus-io/client';
import type { Cluster } from '../cluster/cluster.ts';
import type { Fleet, FleetMember } from '../fleet/fleet.ts';
import type { TlsReloader } from '../tls/reloader.ts';
import type { Limited } from './limited.ts';
import type { LogStream } from './log-stream.ts';

type Observed = FleetMember &
  Pick<Cluster, 'state' | 'objects' | 'mirrors' | 'reviews' | 'overrides' | 'fights' | 'railRefusals'>;

/** What is measured. The values are only read when Prometheus scrapes, so requests have no cost from it. */
export interface MetricsSources {
  readonly fleet: Pick<Fleet<Observed>, 'clusters'>;
  readonly reloader: Pick<TlsReloader, 'stats'>;
  readonly limited: Limited;
  /** How many waits and streams there are. */
  readonly longLived: Readonly<Record<'waiters' | 'batches' | 'streams', number>>;
  readonly logStream: Pick<LogStream, 'dropped'>;
}

/** Creates a registry with the metrics of the service and of its process. */
export function createMetrics(sources: MetricsSources): Registry {
  const { fleet, reloader, limited, longLived, logStream } = sources;
  const register = new Registry();
  collectDefaultMetrics({ register });
  ofClusters(register, fleet);
  ofMirrors(register, fleet);
  ofTls(register, reloader);
  ofLimits(register, limited, logStream);
  ofLongLived(register, longLived);
  return register;
}

function ofClusters(register: Registry, fleet: MetricsSources['fleet']): void {
  const gauge = (name: string, help: string, read: (cluster: Observed) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['cluster'],
      registers: [register],
      collect() {
        // Drop the values of clusters that have been removed.
        this.reset();
        for (const [cluster, observed] of fleet.clusters) this.set({ cluster }, read(observed));
      },
    });
  gauge('scaler_cluster_ready', '1: the cluster is ready, 0: syncing, blocked or unreachable', ({ state }) =>
    state === 'ready' ? 1 : 0,
  );
  gauge('scaler_cache_deployments', 'Deployments in the cache', ({ objects }) => objects);
  gauge(
    'scaler_authorizer_available',
    '1: the last access review succeeded, 0: it failed, so requests that need one are answered with 503',
    ({ reviews }) => (reviews.state === 'available' ? 1 : 0),
  );
  const counter = (name: string, help: string, read: (cluster: Observed) => number) =>
    new Counter({
      name,
      help,
      labelNames: ['cluster'],
      registers: [register],
      collect() {
        this.reset();
        for (const [cluster, observed] of fleet.clusters) this.inc({ cluster }, read(observed));
      },
    });
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
  new Counter({
    name: 'scaler_access_reviews_total',
    help: 'Access reviews that the service requested from the API server, by result',
    labelNames: ['cluster', 'result'],
    registers: [register],
    collect() {
      this.reset();
      for (const [cluster, { reviews }] of fleet.clusters) {
        for (const [result, count] of Object.entries(reviews.counts)) this.inc({ cluster, result }, count);
      }
    },
  });
}

type Mirrored = Observed['mirrors'][number];
const MIRROR_LABELS = ['cluster', 'resource', 'namespace'] as const;
type MirrorLabel = (typeof MIRROR_LABELS)[number];

/**
 * Metrics per mirror, which holds the objects of one resource in one namespace of a cluster or in all. The label of all
 * namespaces is empty.
 */
function ofMirrors(register: Registry, fleet: MetricsSources['fleet']): void {
  const each = (take: (labels: Record<MirrorLabel, string>, mirror: Mirrored) => void) => {
    for (const [cluster, { mirrors }] of fleet.clusters) {
      for (const mirror of mirrors) {
        const { resource, namespace = '' } = mirror;
        take({ cluster, resource, namespace }, mirror);
      }
    }
  };
  const gauge = (name: string, help: string, read: (mirror: Mirrored) => number | undefined) =>
    new Gauge({
      name,
      help,
      labelNames: MIRROR_LABELS,
      registers: [register],
      collect() {
        this.reset();
        each((labels, mirror) => {
          const value = read(mirror);
          if (value !== undefined) this.set(labels, value);
        });
      },
    });
  /** @param by the label whose values are the names of the counts */
  const counter = (
    name: string,
    help: string,
    by: string,
    countsOf: (mirror: Mirrored) => Record<string, number>,
  ) =>
    new Counter({
      name,
      help,
      labelNames: [...MIRROR_LABELS, by],
      registers: [register],
      collect() {
        this.reset();
        each((labels, mirror) => {
          for (const [value, count] of Object.entries(countsOf(mirror)))
            this.inc({ ...labels, [by]: value }, count);
        });
      },
    });
  gauge('scaler_cache_synced', '1: the cache has been filled at least once', ({ synced }) =>
    synced ? 1 : 0,
  );
  gauge('scaler_cache_age_seconds', 'Time since the API server last confirmed the state', ({ ageMs }) =>
    ageMs === undefined ? undefined : ageMs / 1000,
  );
  counter('scaler_reflector_requests_total', 'Lists and watches that were started', 'kind', ({ stats }) => ({
    list: stats.lists,
    watch: stats.watches,
  }));
  counter('scaler_reflector_failures_total', 'Lists and watches that failed', 'kind', ({ stats }) => ({
    any: stats.failures,
    malformed: stats.parseErrors,
  }));
  counter(
    'scaler_reflector_relists_total',
    'Lists after the first, by reason',
    'reason',
    ({ stats }) => stats.relists,
  );
  counter('scaler_reflector_events_total', 'Events of watches, by type', 'type', ({ stats }) => stats.events);
}

function ofTls(register: Registry, reloader: MetricsSources['reloader']): void {
  const registers = [register];
  new Counter({
    name: 'scaler_tls_reloads_total',
    help: 'Changed sets of TLS files that were applied or refused since the start',
    labelNames: ['result'],
    registers,
    collect() {
      this.reset();
      this.inc({ result: 'used' }, reloader.stats.reloads);
      this.inc({ result: 'refused' }, reloader.stats.failures);
    },
  });
  new Gauge({
    name: 'scaler_tls_expiry_timestamp_seconds',
    help: 'When the server certificate or the first CRL expires',
    labelNames: ['of'],
    registers,
    collect() {
      const { certificateNotAfter, crlNextUpdate } = reloader.stats;
      this.set({ of: 'certificate' }, certificateNotAfter.getTime() / 1000);
      if (crlNextUpdate !== undefined) this.set({ of: 'crl' }, crlNextUpdate.getTime() / 1000);
    },
  });
}

function ofLimits(register: Registry, limited: Limited, logStream: MetricsSources['logStream']): void {
  const counter = (name: string, help: string, read: () => Readonly<Record<string, number>>) =>
    new Counter({
      name,
      help,
      labelNames: ['limit'],
      registers: [register],
      collect() {
        this.reset();
        for (const [limit, count] of Object.entries(read())) this.inc({ limit }, count);
      },
    });
  counter('scaler_connections_cut_total', 'Connections that a limit cut', () => limited.connections);
  counter('scaler_requests_shed_total', 'Requests that a limit refused', () => limited.requests);
  counter('scaler_log_lines_dropped_total', 'Log lines that were dropped because of a limit', () => ({
    client: limited.logLines,
    full: logStream.dropped,
  }));
}

function ofLongLived(register: Registry, longLived: MetricsSources['longLived']): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [register],
      collect() {
        this.set(read());
      },
    });
  gauge('scaler_waiters', 'Requests that wait for a rollout', () => longLived.waiters);
  gauge('scaler_batches', 'Batches of writes that are under way', () => longLived.batches);
  gauge('scaler_streams', 'Streams of events that clients read', () => longLived.streams);
}
