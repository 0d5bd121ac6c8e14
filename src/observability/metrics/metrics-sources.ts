import type { Cluster } from '../../cluster/cluster.ts';
import type { Fleet, FleetMember } from '../../fleet/fleet.ts';
import type { HandshakesEnded } from '../../tls/handshake-refusal.ts';
import type { TlsReloader } from '../../tls/reloader.ts';
import type { Limited } from '../limited.ts';
import type { LogStream } from '../log-stream.ts';
import type { RequestDurations } from '../request-durations.ts';
import type { Tracing } from '../tracing.ts';

/** What is observed of a cluster. */
export type Observed = FleetMember &
  Pick<
    Cluster,
    | 'state'
    | 'objects'
    | 'mirrors'
    | 'reviews'
    | 'overrides'
    | 'fights'
    | 'railRefusals'
    | 'pausedAtZero'
    | 'figures'
  >;

/** What is measured. */
export interface MetricsSources {
  readonly fleet: Pick<Fleet<Observed>, 'clusters'>;
  readonly reloader: Pick<TlsReloader, 'stats'>;
  readonly limited: Limited;
  /** How many waits and streams there are. */
  readonly longLived: Readonly<Record<'waiters' | 'batches' | 'streams', number>>;
  readonly logStream: Pick<LogStream, 'dropped'>;
  /** Undefined: traces are off. */
  readonly tracing: Pick<Tracing, 'dropped'> | undefined;
  readonly requestDurations: RequestDurations;
  readonly handshakes: { readonly ended: HandshakesEnded; readonly running: number };
  /** The connections of clients whose handshake has succeeded. */
  readonly clientConnections: { readonly size: number };
}

/** The label `cluster`, in all metrics of one. */
export const CLUSTER = 'name of a cluster in the configuration';
