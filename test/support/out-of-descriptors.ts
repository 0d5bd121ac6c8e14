import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { clustersSource, readClusters, readSpec } from '../../src/fleet/clusters-source.ts';
import { ClustersWatch } from '../../src/fleet/clusters-watch.ts';
import { Fleet } from '../../src/fleet/fleet.ts';
import { CredentialSource } from '../../src/kube/kubeconfig/credentials.ts';
import { kubeConfigLoader } from '../../src/kube/kubeconfig/kubeconfig.ts';
import { LogLevelSwitch } from '../../src/observability/log-level.ts';
import { createManagementServer } from '../../src/observability/management.ts';
import { Families } from '../../src/observability/metrics/families.ts';
import { loadTlsMaterial } from '../../src/tls/material.ts';
import { TlsReloader } from '../../src/tls/reloader.ts';
import { until } from './until.ts';

/**
 * A process that runs out of file descriptors while the parts of the service that read, watch, spawn and accept are
 * running. Its argument is the folder with their files. It prints `exhausted PORT`, then `suffered` once each part has
 * failed because of it. When its input ends it frees its descriptors, and prints `recovered` once each part works again. It
 * ends at SIGTERM.
 */
const folder = process.argv[2] ?? '';
const tls = { cert: 'tls.crt', key: 'tls.key', clientCa: 'ca.crt' };
const files = {
  cert: join(folder, tls.cert),
  key: join(folder, tls.key),
  clientCa: join(folder, tls.clientCa),
};
/** What the watch of the clusters logs if it cannot read its files. Only then does it notice that they are back. */
const FAILURES = [
  'refused the new clusters file, the clusters stay as they are',
  'the kubeconfig of a cluster is not usable',
];
const errors = new Set<string>();
const log = {
  debug() {},
  info() {},
  warn() {},
  error: (_: object, message: string) => void errors.add(message),
};

const management = createManagementServer({
  isReady: () => true,
  metrics: new Families(),
  allowedHosts: [],
  logLevel: new LogLevelSwitch({ level: 'info' }, { write() {} }),
  log,
});
management.listen(0, '127.0.0.1', async () => {
  const reloader = new TlsReloader({
    files,
    material: loadTlsMaterial(files),
    log,
    apply() {},
    pollMs: 20,
    settleMs: 1,
  });
  const source = clustersSource(
    { CLUSTERS_FILE: join(folder, 'clusters.yaml'), CLUSTER_NAME: 'a' },
    false,
    [],
  );
  const specs = readClusters(source).map((entry) => readSpec(entry, false).spec);
  let reloads = 0;
  const create = () => ({
    wasReady: true,
    start() {},
    async stop() {},
    reloadCredentials() {
      reloads += 1;
    },
  });
  const fleet = new Fleet({ specs, readyPolicy: 'default', create });
  const watch = new ClustersWatch({
    source,
    specs,
    fleet,
    allowInsecureTls: false,
    log,
    pollMs: 20,
    settleMs: 1,
  });
  const load = kubeConfigLoader({ kubeconfig: join(folder, 'kubeconfig') });
  const config = load();
  const kubeconfig = new CredentialSource(load);
  /** Its kubeconfig has already been read, so that the plugin fails and not the read of the kubeconfig. */
  const plugin = new CredentialSource(() => config);
  const fails = (credentials: CredentialSource) =>
    credentials.get().then(
      () => false,
      (error) => /EMFILE/.test(String(error.cause)),
    );

  const works = (credentials: CredentialSource) =>
    credentials.get().then(
      () => true,
      () => false,
    );

  const taken: number[] = [];
  /** Takes all free descriptors: that of a closed connection too, and the spare one of libuv if a read has got it. */
  const exhaust = () => {
    try {
      for (;;) taken.push(openSync('/dev/null', 'r'));
    } catch {}
  };
  exhaust();
  const address = management.address();
  process.stdout.write(`exhausted ${typeof address === 'object' ? address?.port : ''}\n`);
  reloader.start();
  watch.start();
  await until(async () => {
    exhaust();
    return reloader.stats.broken && (await fails(kubeconfig)) && (await fails(plugin));
  });
  await until(() => {
    exhaust();
    return FAILURES.every((message) => errors.has(message));
  });
  process.stdout.write('suffered\n');

  process.stdin.resume().once('end', async () => {
    for (const descriptor of taken) closeSync(descriptor);
    await until(() => !reloader.stats.broken && reloads > 0);
    // A failed plugin does not run again for 2 s. If the kubeconfig could be read, its plugin may have failed.
    await until(async () => (await works(kubeconfig)) && (await works(plugin)));
    process.stdout.write('recovered\n');
  });
  process.once('SIGTERM', async () => {
    await Promise.all([reloader.stop(), watch.stop()]);
    management.close();
  });
});
