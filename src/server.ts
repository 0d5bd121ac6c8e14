import { setMaxIdleHTTPParsers } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { buildApp } from './app.ts';
import { Cluster } from './cluster/cluster.ts';
import { type Config, ConfigError, loadConfig } from './config/config.ts';
import type { Limits } from './config/limits.ts';
import { limitsOn, MachineError, thisMachine } from './config/machine-limits.ts';
import { specOf } from './fleet/clusters-source.ts';
import { ClustersWatch } from './fleet/clusters-watch.ts';
import { Fleet } from './fleet/fleet.ts';
import { LogStream } from './observability/log-stream.ts';
import { createManagementServer } from './observability/management.ts';
import { createMetrics } from './observability/metrics.ts';
import { identify } from './tls/certificate-identity.ts';
import { loadTlsMaterial, type TlsFiles, TlsMaterialError } from './tls/material.ts';
import { TlsReloader } from './tls/reloader.ts';
import { secureContextOptions, type TlsMaterial } from './tls/secure-context.ts';
import { tlsServerOptions } from './tls/server-options.ts';
import { ClientTrust } from './tls/trust.ts';

/** Parsers that Node keeps for later connections, some 10 KiB each. By default it keeps 1,000 of a burst for good. */
const MAX_IDLE_PARSERS = 50;
/** For the log to take what is left, at the end. */
const LAST_LINES_MS = 1_000;

/** The process: environment in, listeners open, signals handled. Everything else lives in modules without effects. */
async function main(): Promise<void> {
  const { config, limits, files, material } = loadOrExit();
  setMaxIdleHTTPParsers(MAX_IDLE_PARSERS);
  const logStream = new LogStream();
  const specs = config.clusters.map((entry) => specOf(entry, config.ALLOW_INSECURE_TLS));
  const app = await buildApp({
    logLevel: config.LOG_LEVEL,
    logStream,
    https: tlsServerOptions(material, limits),
    identify: (certificate) => identify(certificate, config.identityPolicy),
    limits,
    docs: config.DOCS,
    createFleet: (log) =>
      new Fleet({
        specs,
        readyPolicy: config.READY_CLUSTERS,
        create: (spec) =>
          new Cluster({
            ...spec,
            allowInsecureTls: config.ALLOW_INSECURE_TLS,
            authorization: config.AUTHORIZATION_MODE === 'AlwaysAllow' ? 'AlwaysAllow' : config.decisionTimes,
            log: log.child({ cluster: spec.name }),
          }),
      }),
  });
  process.on('uncaughtExceptionMonitor', (error, origin) => {
    logStream.writeLast(lastLine(error, origin));
  });
  if (limits.maxConnections < config.limits.maxConnections) {
    app.log.warn(
      { maxConnections: limits.maxConnections, configured: config.limits.maxConnections },
      'there are too few file descriptors for MAX_CONNECTIONS',
    );
  }
  app.log.info(
    { from: config.clustersSource.from, clusters: config.clusters.map(({ name }) => name) },
    'serving clusters',
  );
  const clustersWatch = new ClustersWatch({
    source: config.clustersSource,
    specs,
    fleet: app.fleet,
    allowInsecureTls: config.ALLOW_INSECURE_TLS,
    log: app.log,
  });
  /** In the newest set that the reloader put to use. */
  let trust: ClientTrust;
  const recheck = () => app.recheckClients((certificate) => trust.verifies(certificate));
  const reloader = new TlsReloader({
    files,
    material,
    log: app.log,
    apply: (changed, { trustChanged }) => {
      // Before anything is put to use: a set that it refuses must change nothing.
      const changedTrust = new ClientTrust(changed);
      if (app.server instanceof TlsServer) app.server.setSecureContext(secureContextOptions(changed));
      if (!trustChanged) return;
      trust = changedTrust;
      recheck();
      // Handshakes that were under way have been finished with the old set. Until then there may be a newer one.
      setTimeout(recheck, limits.handshakeTimeoutSeconds * 1000).unref();
    },
  });
  reloader.start();
  clustersWatch.start();
  if (config.AUTHORIZATION_MODE === 'AlwaysAllow') {
    app.log.warn('AUTHORIZATION_MODE is AlwaysAllow: every client certificate of the CA may do everything');
  }
  const management = createManagementServer({
    isReady: () => app.fleet.ready && !app.isDraining(),
    metrics: createMetrics({ fleet: app.fleet, reloader, limited: app.limited, logStream }),
    allowedHosts: config.managementAllowedHosts,
    log: app.log,
  });

  let stopping = false;
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (stopping) return;
    stopping = true;
    app.startDraining();
    const delaySeconds = signal === 'SIGTERM' ? config.DRAIN_DELAY_SECONDS : 0;
    app.log.info({ signal, delaySeconds }, 'draining');
    await new Promise((resolve) => setTimeout(resolve, delaySeconds * 1000));
    const cut = setTimeout(() => app.server.closeAllConnections(), config.DRAIN_LIMIT_SECONDS * 1000);
    await app.close();
    clearTimeout(cut);
    await Promise.all([reloader.stop(), clustersWatch.stop()]);
    management.close();
    management.closeAllConnections();
    app.log.info('stopped');
    await logStream.flushed(LAST_LINES_MS);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);

  await new Promise<void>((resolve, reject) => {
    management.once('error', reject);
    management.listen(config.MANAGEMENT_PORT, config.MANAGEMENT_HOST, resolve);
  });
  app.log.info({ management: origin('http', management.address()) }, 'management listening');
  await app.listenAt({ host: config.HOST, port: config.PORT });
}

/** What ends the process, for its log: Node itself tells it on stderr and in a form of its own. */
function lastLine(error: Error, origin: string): string {
  const { message, stack } = error;
  const msg = 'the process ends by an error that nothing caught';
  return `${JSON.stringify({ level: 60, time: Date.now(), pid: process.pid, origin, err: { message, stack }, msg })}\n`;
}

function loadOrExit(): { config: Config; limits: Limits; files: TlsFiles; material: TlsMaterial } {
  try {
    const config = loadConfig(process.env);
    const files = {
      cert: config.TLS_CERT_FILE,
      key: config.TLS_KEY_FILE,
      clientCa: config.TLS_CLIENT_CA_FILE,
      crl: config.TLS_CRL_FILE,
    };
    const limits = limitsOn(thisMachine(), config.limits, config.clusters.length);
    return { config, limits, files, material: loadTlsMaterial(files) };
  } catch (error) {
    const known =
      error instanceof ConfigError || error instanceof MachineError || error instanceof TlsMaterialError;
    if (!known) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

function origin(scheme: string, address: AddressInfo | string | null): string {
  return typeof address === 'object' && address !== null
    ? `${scheme}://${address.address}:${address.port}`
    : `${address}`;
}

try {
  await main();
} catch (error) {
  // A port that is taken, an address that is not ours: the message is all that helps.
  process.stderr.write(`The service could not start: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
