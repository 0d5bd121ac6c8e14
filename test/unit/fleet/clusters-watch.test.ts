import { rmSync, writeFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { clustersSource, readClusters, readSpec } from '../../../src/fleet/clusters-source.ts';
import { ClustersWatch } from '../../../src/fleet/clusters-watch.ts';
import { Fleet } from '../../../src/fleet/fleet.ts';
import { folder } from '../../support/kube/clients.ts';
import { RecordingLogger } from '../../support/kube/recording-logger.ts';
import { until } from '../../support/until.ts';

const clusters = (...names: readonly string[]) =>
  JSON.stringify({ clusters: names.map((name) => ({ name, context: `${name}.yaml` })) });

/** A logger that runs an action at the moment of a log line. */
class InterruptingLogger extends RecordingLogger {
  onError = () => {};
  override error(context: object, message: string): void {
    super.error(context, message);
    this.onError();
  }
}

it('the clusters watch notices a clusters file that is corrected while its mistake is being logged', async () => {
  const file = folder().write('clusters.yaml', clusters('a'));
  const source = clustersSource({ CLUSTERS_FILE: file, CLUSTER_NAME: 'default' }, false, []);
  const spec = { name: 'a', kubeconfig: 'a.yaml', contextName: undefined, namespaces: [], server: undefined };
  const cluster = { wasReady: true, start() {}, async stop() {}, reloadCredentials() {} };
  const fleet = new Fleet({ specs: [spec], readyPolicy: 'default', create: () => cluster });
  const log = new InterruptingLogger();
  const options = { source, specs: [spec], fleet, allowInsecureTls: false, log };
  const watch = new ClustersWatch({ ...options, pollMs: 20, settleMs: 5 });
  onTestFinished(() => watch.stop());

  log.onError = () => {
    log.onError = () => {};
    writeFileSync(file, clusters('a', 'b'));
  };
  writeFileSync(file, clusters('a', 'Not-A-Label'));
  watch.start();
  await until(() => fleet.get('b') !== undefined);
  expect(log.lines.filter(({ message }) => message.startsWith('refused'))).toHaveLength(1);
});

it('the clusters watch applies the kubeconfig that it has read, even if that cannot be read again', async () => {
  const kubeconfig = (token: string) =>
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: 'https://localhost:1' } }],
      users: [{ name: 'u', user: { token } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    });
  const { write } = folder();
  const path = write('a.yaml', kubeconfig('old'));
  const file = write('clusters.yaml', clusters('a'));
  const source = clustersSource({ CLUSTERS_FILE: file, CLUSTER_NAME: 'default' }, false, []);
  const specs = readClusters(source).map((entry) => readSpec(entry, false).spec);
  let reloads = 0;
  const cluster = {
    wasReady: true,
    start() {},
    async stop() {},
    reloadCredentials() {
      reloads += 1;
    },
  };
  const fleet = new Fleet({ specs, readyPolicy: 'default', create: () => cluster });
  const log = new InterruptingLogger();
  const watch = new ClustersWatch({
    source,
    specs,
    fleet,
    allowInsecureTls: false,
    log,
    pollMs: 20,
    settleMs: 5,
  });
  onTestFinished(() => watch.stop());
  watch.start();
  writeFileSync(file, clusters('Not-A-Label'));
  await until(() => log.lines.length === 1);

  // The clusters file is refused in the middle of the update, just before the kubeconfig is looked at.
  log.onError = () => {
    log.onError = () => {};
    rmSync(path);
    setImmediate(() => writeFileSync(path, kubeconfig('new')));
  };
  writeFileSync(path, kubeconfig('new'));
  writeFileSync(file, clusters('Not-A-Label', 'a'));
  await until(() => reloads === 1);
  expect(log.lines.map(({ message }) => message)).not.toContain('the kubeconfig of a cluster is not usable');
});
