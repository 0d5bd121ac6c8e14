import { ApiError } from '../../client/api-error.ts';
import type { StreamEvent } from '../../client/event-stream.ts';
import type { Cluster, Listing, ScalerClient, State } from '../../client/scaler-client.ts';
import type { ClusterView, FleetCopy, Override, Update } from '../model/fleet-copy.ts';
import { keyOf } from '../model/table-row.ts';
import { patienceMs, pause } from './patience.ts';

export interface FleetReaderOptions {
  readonly client: Pick<ScalerClient, 'clusters' | 'listing' | 'events'>;
  /** The copy that the updates make. It may have something from an earlier reader: this one goes on from there. */
  readonly copy: FleetCopy;
  /** Applies an update to the copy, and tells the other tabs. */
  readonly publish: (update: Update) => void;
  readonly random?: () => number;
}

/** The service sends something at least every 15 s. After this time without anything the connection is dead. */
const SILENCE_MS = 45_000;
const READ_DEADLINE_MS = 30_000;
/** How often the states of the clusters are read: the stream does not tell that one cannot be reached. */
const CLUSTERS_MS = 5_000;
/** What is not allowed is not asked for at once again: somebody has to grant it. */
const DENIED_MS = 60_000;

/** Reads everything and follows the stream of the fleet, until it is aborted or the certificate is revoked. */
export class FleetReader {
  readonly #client: FleetReaderOptions['client'];
  readonly #copy: FleetCopy;
  readonly #publish: (update: Update) => void;
  readonly #random: () => number;
  /** The clusters that are being read, with the newest event of each Deployment in the time since. */
  readonly #pending = new Map<string, Map<string, Update>>();
  #failures = 0;
  /** Where the stream began. */
  #begin: Readonly<Record<string, string>> = {};

  constructor({ client, copy, publish, random = Math.random }: FleetReaderOptions) {
    this.#client = client;
    this.#copy = copy;
    this.#publish = publish;
    this.#random = random;
  }

  /** Resolves once there is nothing more to read. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let why = 'the connection was lost';
      let atLeastMs = 0;
      let reason: string | undefined;
      try {
        reason = await this.#follow(signal);
        if (reason === 'revoked') return this.#publish({ kind: 'link', link: { state: 'revoked' } });
        // What was granted or taken is not told: read all that is left.
        if (reason === 'rights') this.#forget();
        if (reason !== undefined) why = `the service ended the stream (${reason})`;
      } catch (error) {
        if (signal.aborted) return;
        why = reasonOf(error);
        if (isDenied(error)) {
          atLeastMs = DENIED_MS;
          this.#hide();
        } else if (error instanceof ApiError) atLeastMs = (error.retryAfter ?? 0) * 1000;
      }
      this.#failures += 1;
      const ms = patienceMs(this.#failures, this.#random, atLeastMs);
      // Another tab was told so. This one tries, because the browser may have another certificate by now.
      if (this.#copy.link.state !== 'revoked') {
        // The end of a stream that the service ends in turn is not worth a notice, which would move all rows.
        const isRoutine = reason !== undefined && this.#failures === 1;
        const link = isRoutine
          ? ({ state: 'connecting' } as const)
          : ({ state: 'waiting', why, until: Date.now() + ms } as const);
        this.#publish({ kind: 'link', link });
      }
      await pause(ms, signal).catch(() => undefined);
    }
  }

  /** Follows one stream until it ends. Resolves to the reason that the service gave, if it gave one. */
  async #follow(signal: AbortSignal): Promise<string | undefined> {
    const stop = new AbortController();
    const all = AbortSignal.any([signal, stop.signal]);
    const die = () => stop.abort(new Error('nothing came from the service for 45 s'));
    let silence = setTimeout(die, SILENCE_MS);
    try {
      await this.#readClusters(all);
      const events = await this.#client.events({}, this.#copy.position, all);
      void this.#followClusters(all);
      for await (const event of events) {
        clearTimeout(silence);
        silence = setTimeout(die, SILENCE_MS);
        if (event.event === 'end') return parse<{ reason: string }>(event).reason;
        this.#take(event, all);
      }
      return undefined;
    } finally {
      clearTimeout(silence);
      stop.abort();
      // The next stream reads them again: their events since are lost with this one.
      this.#pending.clear();
    }
  }

  #take(event: StreamEvent, signal: AbortSignal): void {
    switch (event.event) {
      case 'ready': {
        this.#failures = 0;
        this.#publish({ kind: 'link', link: { state: 'live' } });
        this.#begin = parse<{ clusters: Record<string, string> }>(event).clusters;
        for (const { name, read } of this.#copy.clusters) {
          if (!read) void this.#read(name, this.#begin[name], signal);
        }
        break;
      }
      case 'changed': {
        const { cluster, ...state } = parse<State & { cluster: string }>(event);
        this.#apply(keyOf(cluster, state.namespace, state.deployment), { kind: 'changed', cluster, state });
        break;
      }
      case 'gone': {
        const { cluster, namespace, deployment } = parse<State & { cluster: string }>(event);
        this.#apply(keyOf(cluster, namespace, deployment), { kind: 'gone', cluster, namespace, deployment });
        break;
      }
      case 'overridden':
        this.#publish({ kind: 'overridden', override: parse<Override>(event) });
        break;
      case 'reset': {
        const { cluster } = parse<{ cluster: string }>(event);
        // Only the last of several has an id.
        void this.#read(cluster, positionIn(event.id, cluster) ?? this.#begin[cluster], signal);
        break;
      }
    }
    if (event.id !== undefined) this.#publish({ kind: 'position', id: event.id });
  }

  /** An event is shown at once, or after the list that it may be newer than. */
  #apply(key: string, update: Update & { readonly cluster: string }): void {
    const pending = this.#pending.get(update.cluster);
    if (pending !== undefined) pending.set(key, update);
    else if (this.#copy.clusters.some(({ name, read }) => name === update.cluster && read)) {
      this.#publish(update);
    }
  }

  /** Reads all Deployments of a cluster, and again later if that fails. */
  async #read(cluster: string, minResourceVersion: string | undefined, signal: AbortSignal): Promise<void> {
    for (let failures = 1; ; failures += 1) {
      const pending = new Map<string, Update>();
      this.#pending.set(cluster, pending);
      this.#setCluster(cluster, { read: false });
      try {
        // Events between two attempts are dropped: a list that comes later has to be as new as they were.
        const version = failures === 1 ? undefined : positionIn(this.#copy.position, cluster);
        const { items, ageSeconds = 0 } = await this.#list(cluster, version ?? minResourceVersion, signal);
        // A later reset reads it again, and has begun to collect events of its own.
        if (signal.aborted || this.#pending.get(cluster) !== pending) return;
        this.#pending.delete(cluster);
        this.#publish({ kind: 'states', cluster, states: items });
        for (const update of pending.values()) this.#publish(update);
        this.#setCluster(cluster, {
          read: true,
          problem: undefined,
          confirmedAt: Date.now() - ageSeconds * 1000,
        });
        return;
      } catch (error) {
        if (signal.aborted || this.#pending.get(cluster) !== pending) return;
        // The next attempt reads what these events would tell.
        this.#pending.delete(cluster);
        const code = error instanceof ApiError ? error.code : 'NO_ANSWER';
        this.#setCluster(cluster, { problem: { code, message: reasonOf(error) } });
        // A right that was taken: what it showed is not shown any longer.
        if (isDenied(error)) this.#publish({ kind: 'states', cluster, states: [] });
        const ms = patienceMs(failures, this.#random, isDenied(error) ? DENIED_MS : 2_000);
        if (
          !(await pause(ms, signal).then(
            () => true,
            () => false,
          ))
        )
          return;
        if (this.#pending.has(cluster)) return;
      }
    }
  }

  async #list(cluster: string, version: string | undefined, signal: AbortSignal): Promise<Listing> {
    // Some clusters have no numbers, and a stream may begin at 0.
    const minResourceVersion = version !== undefined && /^[1-9]\d*$/.test(version) ? version : undefined;
    const deadline = () => AbortSignal.any([signal, AbortSignal.timeout(READ_DEADLINE_MS)]);
    try {
      return await this.#client.listing(cluster, { minResourceVersion }, deadline());
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'FRESHNESS_NOT_SUPPORTED') throw error;
      return await this.#client.listing(cluster, {}, deadline());
    }
  }

  async #followClusters(signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await pause(CLUSTERS_MS, signal);
        await this.#readClusters(signal);
      } catch {
        // The stream tells if there is no connection; otherwise the next attempt may succeed.
        if (signal.aborted) return;
      }
    }
  }

  async #readClusters(signal: AbortSignal): Promise<void> {
    const clusters = await this.#client.clusters(
      AbortSignal.any([signal, AbortSignal.timeout(READ_DEADLINE_MS)]),
    );
    const known = new Map(this.#copy.clusters.map((cluster) => [cluster.name, cluster]));
    this.#publish({
      kind: 'clusters',
      clusters: clusters.map(({ name, state }: Cluster): ClusterView => {
        const { read = false, problem, confirmedAt } = known.get(name) ?? {};
        return { name, state, read, problem, confirmedAt: state === 'ready' ? Date.now() : confirmedAt };
      }),
    });
  }

  #setCluster(name: string, change: Partial<ClusterView>): void {
    const { clusters } = this.#copy;
    // The stream tells of a cluster that was added before it is in a list of the clusters.
    const added: ClusterView[] = clusters.some((cluster) => cluster.name === name)
      ? []
      : [{ name, state: 'ready', read: false, confirmedAt: undefined }];
    this.#publish({
      kind: 'clusters',
      clusters: [...clusters, ...added].map((cluster) =>
        cluster.name === name ? { ...cluster, ...change } : cluster,
      ),
    });
  }

  /** What the caller may no longer read is not shown. */
  #hide(): void {
    this.#forget();
    for (const { name } of this.#copy.clusters) this.#publish({ kind: 'states', cluster: name, states: [] });
  }

  /** Everything is read again. */
  #forget(): void {
    this.#publish({ kind: 'position', id: undefined });
    this.#publish({
      kind: 'clusters',
      clusters: this.#copy.clusters.map((cluster) => ({ ...cluster, read: false })),
    });
  }
}

function parse<Data>({ data }: StreamEvent): Data {
  return JSON.parse(data);
}

/** The position of one cluster in an id of the fleet: `production=48151623;staging=1042`. */
function positionIn(id: string | undefined, cluster: string): string | undefined {
  const part = id?.split(';').find((each) => each.startsWith(`${cluster}=`));
  return part?.slice(cluster.length + 1);
}

function isDenied(error: unknown): boolean {
  // The answer of a proxy says nothing of the rights here.
  if (!(error instanceof ApiError) || error.code === 'UNEXPECTED_ANSWER') return false;
  return error.status === 401 || error.status === 403;
}

function reasonOf(error: unknown): string {
  if (error instanceof ApiError) return error.message;
  // `fetch` does not tell why it got no answer.
  if (error instanceof TypeError) return 'the service does not answer';
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return 'the service did not answer in time';
  return error instanceof Error ? error.message : String(error);
}
