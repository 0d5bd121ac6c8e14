import { type Server, setMaxIdleHTTPParsers } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import { buildApp } from '../app.ts';
import { Cluster } from '../cluster/cluster.ts';
import type { RailRule, RailRules } from '../cluster/rails/rule.ts';
import { type Config, loadConfig } from '../config/config.ts';
import type { Limits } from '../config/limits.ts';
import { limitsOn, thisMachine } from '../config/machine-limits.ts';
import { readSpec } from '../fleet/clusters-source.ts';
import { ClustersWatch } from '../fleet/clusters-watch.ts';
import { type ClusterSpec, Fleet } from '../fleet/fleet.ts';
import { RailsWatch } from '../fleet/rails-watch.ts';
import { VERSION } from '../lib/version.ts';
import { LogLevelSwitch } from '../observability/log-level.ts';
import type { LogStream } from '../observability/log-stream.ts';
import { createManagementServer } from '../observability/management.ts';
import { createMetrics } from '../observability/metrics/metrics.ts';
import type { Tracing } from '../observability/tracing.ts';
import { identify } from '../tls/certificate-identity.ts';
import { loadTlsMaterial, type TlsFiles } from '../tls/material.ts';
import { TlsReloader } from '../tls/reloader.ts';
import { secureContextOptions, type TlsMaterial } from '../tls/secure-context.ts';
import { tlsServerOptions } from '../tls/server-options.ts';
import { ClientTrust } from '../tls/trust.ts';
import { tlsFilesOf } from './tls-files-of.ts';

/** HTTP parsers that Node keeps for later connections, about 10 KiB each. By default it keeps up to 1,000 for ever. */
const MAX_IDLE_PARSERS = 50;
/** Time to send the last spans, of the time below. */
const LAST_SPANS_MS = 2_000;
/** Time for the last steps of a stop, after every connection has been cut. */
const LAST_STEPS_MS = 5_000;

/** The content of the environment variables and of the files that they name. */
interface Loaded {
  readonly config: Config;
  readonly limits: Limits;
  readonly files: TlsFiles;
  readonly material: TlsMaterial;
}

interface Parts extends Loaded {
  readonly app: FastifyInstance;
  /** They apply changes of files. */
  readonly watches: readonly { start(): void; stop(): Promise<void> }[];
  readonly management: Server;
  readonly tracing: Tracing | undefined;
}

/** The app with everything around it: configuration, TLS reload, changes of clusters, the management listener. */
export class Service {
  readonly #parts: Parts;
  #starting: Promise<void> | undefined;
  #hasStarted = false;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Reads the configuration and builds the service. It opens and starts nothing yet.
   * @throws an error that `startFailure` of start-failure.ts describes
   */
  static async create(environment: NodeJS.ProcessEnv, logStream: LogStream): Promise<Service> {
    const loaded = load(environment);
    setMaxIdleHTTPParsers(MAX_IDLE_PARSERS);
    const { config } = loaded;
    const specs = config.clusters.map((entry) => readSpec(entry, config.ALLOW_INSECURE_TLS).spec);
    const rails = { current: config.rails };
    // Nothing of it is loaded unless it is used.
    const tracing = config.tracing
      ? new (await import('../observability/open-telemetry.ts')).OpenTelemetry()
      : undefined;
    const app = await appOf(loaded, specs, rails, logStream, tracing);
    const clustersWatch = new ClustersWatch({
      source: config.clustersSource,
      specs,
      fleet: app.fleet,
      allowInsecureTls: config.ALLOW_INSECURE_TLS,
      log: app.log,
    });
    const railsWatches = railsWatchesOf(config, rails, app);
    const reloader = reloaderOf(loaded, app);
    const management = createManagementServer({
      isReady: () => app.fleet.ready && !app.isDraining(),
      metrics: createMetrics({
        fleet: app.fleet,
        reloader,
        limited: app.limited,
        longLived: app.longLived,
        logStream,
        tracing,
        requestDurations: app.requestDurations,
        handshakes: app.handshakes,
        clientConnections: app.clientConnections,
      }),
      allowedHosts: config.managementAllowedHosts,
      logLevel: new LogLevelSwitch(app.log, logStream),
      log: app.log,
    });
    return new Service({
      ...loaded,
      app,
      watches: [reloader, clustersWatch, ...railsWatches],
      management,
      tracing,
    });
  }

  /** Resolves once both listeners are open. Call it once. */
  async start(): Promise<void> {
    this.#starting = this.#start();
    await this.#starting;
    this.#hasStarted = true;
  }

  /**
   * Stops the service in an orderly way. After SIGTERM it first continues to serve for the drain delay, so that clients
   * can move to other instances; it skips the delay if it has not started yet. Then running requests may finish within
   * their limit. Call it once.
   * @throws if the service has not stopped when the time for all of this is over
   */
  async stop(signal: NodeJS.Signals): Promise<void> {
    const { app, config } = this.#parts;
    const delaySeconds = signal === 'SIGTERM' && this.#hasStarted ? config.DRAIN_DELAY_SECONDS : 0;
    const limitSeconds = delaySeconds + config.DRAIN_LIMIT_SECONDS;
    app.startDraining();
    app.log.info({ signal, delaySeconds }, 'draining');
    await Promise.race([
      this.#stop(delaySeconds * 1000),
      failingAfter(limitSeconds * 1000 + LAST_STEPS_MS, 'the service did not stop in time'),
    ]);
    app.log.info('stopped');
  }

  async #start(): Promise<void> {
    const { app, config, limits, watches, management } = this.#parts;
    app.log.info({ version: VERSION, node: process.version }, 'starting');
    if (limits.maxConnections < config.limits.maxConnections) {
      app.log.warn(
        { maxConnections: limits.maxConnections, configured: config.limits.maxConnections },
        'too few file descriptors for MAX_CONNECTIONS: the limit is lowered',
      );
    }
    app.log.info(
      { from: config.clustersSource.from, clusters: config.clusters.map(({ name }) => name) },
      'serving clusters',
    );
    for (const watch of watches) watch.start();
    if (config.AUTHORIZATION_MODE === 'AlwaysAllow') {
      app.log.warn('AUTHORIZATION_MODE is AlwaysAllow: every client certificate of the CA may do everything');
    }
    if (config.tracesOff !== undefined)
      app.log.warn(
        { reason: config.tracesOff },
        'traces are off: a variable of OpenTelemetry is not supported',
      );
    await new Promise<void>((resolve, reject) => {
      management.once('error', reject);
      management.listen(config.MANAGEMENT_PORT, config.MANAGEMENT_HOST, resolve);
    });
    app.log.info({ management: originOf(management.address()) }, 'management listening');
    await app.listenAt({ host: config.HOST, port: config.PORT });
  }

  async #stop(delayMs: number): Promise<void> {
    const { app, config, watches, management, tracing } = this.#parts;
    // Wait for the start first, or it would open listeners after they have been closed here. If it failed, the caller
    // of `start` handles the error.
    await this.#starting?.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    const cut = setTimeout(() => app.server.closeAllConnections(), config.DRAIN_LIMIT_SECONDS * 1000);
    await app.close();
    clearTimeout(cut);
    await Promise.all(watches.map((watch) => watch.stop()));
    await tracing?.stop(LAST_SPANS_MS);
    management.close();
    management.closeAllConnections();
  }
}

/** @throws ConfigError, MachineError, TlsMaterialError */
function load(environment: NodeJS.ProcessEnv): Loaded {
  const config = loadConfig(environment);
  const files = tlsFilesOf(config);
  const limits = limitsOn(thisMachine(), config.limits, config.clusters.length);
  return { config, limits, files, material: loadTlsMaterial(files) };
}

function appOf(
  { config, limits, material }: Loaded,
  specs: readonly ClusterSpec[],
  rails: RailRules,
  logStream: LogStream,
  tracing: Tracing | undefined,
): Promise<FastifyInstance> {
  return buildApp({
    logLevel: config.LOG_LEVEL,
    logStream,
    https: tlsServerOptions(material, limits),
    identify: (certificate) => identify(certificate, config.identityPolicy),
    limits,
    tracing,
    docs: config.DOCS,
    page: config.PAGE,
    createFleet: (log) =>
      new Fleet({
        specs,
        readyPolicy: config.READY_CLUSTERS,
        create: (spec) =>
          new Cluster({
            ...spec,
            allowInsecureTls: config.ALLOW_INSECURE_TLS,
            authorization: config.AUTHORIZATION_MODE === 'AlwaysAllow' ? 'AlwaysAllow' : config.decisionTimes,
            onConflict: config.ON_CONFLICT,
            rails,
            journalBytes: config.JOURNAL_MIB * 2 ** 20,
            autoscalers: {
              horizontalPodAutoscalers: config.WATCH_HPAS,
              scaledObjects: config.WATCH_SCALED_OBJECTS,
            },
            log: log.child({ cluster: spec.name }),
            observers: tracing === undefined ? [] : [tracing.callsOf(spec.name)],
          }),
      }),
  });
}

/** None without a rails file. */
function railsWatchesOf(
  { RAILS_FILE: file }: Config,
  rails: { current: readonly RailRule[] },
  { fleet, log }: FastifyInstance,
): RailsWatch[] {
  if (file === undefined) return [];
  return [new RailsWatch({ file, rails, clusters: () => fleet.clusters.map(([name]) => name), log })];
}

function reloaderOf({ files, material, limits }: Loaded, app: FastifyInstance): TlsReloader {
  /** From the newest set of files that the reloader has applied. */
  let trust: ClientTrust;
  const recheck = () => app.recheckClients((certificate) => trust.verifies(certificate));
  return new TlsReloader({
    files,
    material,
    log: app.log,
    apply: (changed, { trustChanged }) => {
      // Do this first, because it throws if it refuses the set, and a refused set must change nothing.
      const changedTrust = new ClientTrust(changed);
      if (app.server instanceof TlsServer) app.server.setSecureContext(secureContextOptions(changed));
      if (!trustChanged) return;
      trust = changedTrust;
      recheck();
      // Handshakes that are running now still use the old set. Check their clients once they have finished; by then
      // `trust` may come from a newer set.
      setTimeout(recheck, limits.handshakeTimeoutSeconds * 1000).unref();
    },
  });
}

function failingAfter(ms: number, message: string): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error(message)), ms);
  });
}

function originOf(address: AddressInfo | string | null): string {
  return typeof address === 'object' && address !== null
    ? `http://${address.address}:${address.port}`
    : `${address}`;
}
