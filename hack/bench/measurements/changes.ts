import { monotonicMs } from '../../../test/support/fake-apiserver/orders.ts';
import { generateDeployments } from '../../../test/support/fake-apiserver/samples.ts';
import { type Figures, progress, type RecordFigure, type Setting } from '../bench.ts';
import { CHANGES_PER_SECOND, DEPLOYMENTS } from '../rows.ts';
import { median, percentile } from '../statistics.ts';
import { ApiClient } from '../subjects/api-client.ts';
import { NAMESPACES } from '../subjects/api-server.ts';
import { type Installed, Scene } from '../subjects/scene.ts';
import { ServiceClient } from '../subjects/service-client.ts';

const CALLS = 200;
const WARM_UP_CALLS = 50;
const [FIRST = { namespace: '', name: '' }] = generateDeployments(DEPLOYMENTS, NAMESPACES);

/** The lines about writes and changes, for which there is nothing to compare in servers without a cluster. */
export async function measureChanges(setting: Setting, figures: Figures): Promise<void> {
  const measurements = { writes: measureWrites, visible: measureVisible };
  const lines = setting.lines.filter((line) => line === 'writes' || line === 'visible');
  if (lines.length === 0) return;
  await using scene = await Scene.start(setting, []);
  for (const line of lines) {
    await figures.line(line, async (record) => {
      for (let round = 1; round <= setting.rounds; round += 1) {
        progress(`${line}: round ${round} of ${setting.rounds}`);
        for (const installed of scene.installed) await measurements[line](setting, installed, record);
      }
    });
  }
}

/** Writes of one client, one after the other, through the service and to the API server itself in turn. */
async function measureWrites(setting: Setting, installed: Installed, record: RecordFigure): Promise<void> {
  const { service, apiServer } = installed;
  using client = new ServiceClient(service.port, setting.certificates.client);
  using api = await ApiClient.of(apiServer.kubeconfig);
  const { namespace, name } = FIRST;
  const through: number[] = [];
  const direct: number[] = [];
  for (let call = 0; call < WARM_UP_CALLS + CALLS; call += 1) {
    const startedAt = performance.now();
    await client.scale(namespace, name, 2 * call);
    const between = performance.now();
    await api.scale(namespace, name, 2 * call + 1);
    if (call < WARM_UP_CALLS) continue;
    through.push(between - startedAt);
    direct.push(performance.now() - between);
  }
  record('writes', service.name, median(through) - median(direct));
  record('writes-ratio', service.name, median(through) / median(direct));
}

/** The time from a change in the API server until a client that keeps reading gets the new count. */
async function measureVisible(setting: Setting, installed: Installed, record: RecordFigure): Promise<void> {
  const { service, apiServer } = installed;
  using client = new ServiceClient(service.port, setting.certificates.client);
  for (const [row, changesPerSecond] of [
    ['visible', 0],
    ['visible-busy', CHANGES_PER_SECOND],
  ] as const) {
    apiServer.change(changesPerSecond);
    const times: number[] = [];
    for (let call = 0; call < WARM_UP_CALLS + CALLS; call += 1) {
      const time = await timeToSee(client, apiServer, 10 * (call + 1));
      if (call >= WARM_UP_CALLS) times.push(time);
    }
    apiServer.change(0);
    times.sort((a, b) => a - b);
    record(`${row}-p50`, service.name, percentile(times, 50));
    record(`${row}-p99`, service.name, percentile(times, 99));
  }
}

async function timeToSee(
  client: ServiceClient,
  apiServer: Installed['apiServer'],
  replicas: number,
): Promise<number> {
  const { namespace, name } = FIRST;
  const sent = apiServer.scale(namespace, name, replicas);
  for (;;) {
    const count = await client.count(namespace, name);
    const seenAt = monotonicMs();
    // The steady changes may have moved it by one.
    if (Math.abs(count - replicas) <= 1) return seenAt - (await sent).sentAtMs;
  }
}
