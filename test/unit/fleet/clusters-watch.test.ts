import { writeFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { clustersSource } from '../../../src/fleet/clusters-source.ts';
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
  const cluster = { synced: true, start() {}, async stop() {}, reloadCredentials() {} };
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
