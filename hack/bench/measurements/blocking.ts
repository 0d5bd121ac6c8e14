import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Cluster } from '../../../src/cluster/cluster.ts';
import { KubeClient } from '../../../src/kube/client/kube-client.ts';
import { listInPages } from '../../../src/kube/client/list-pages.ts';
import { kubeConfigLoader } from '../../../src/kube/kubeconfig/kubeconfig.ts';
import { until } from '../../../test/support/until.ts';
import { type Figures, progress, type Setting } from '../bench.ts';
import { ApiServer } from '../subjects/api-server.ts';

const DEPLOYMENTS = 10_000;
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * The longest time without a turn of the event loop while a cache is filled, and that over the time of parsing its list
 * at once. It is measured in this process, from the sources. blocking.test.ts asserts that a turn takes in little.
 */
export async function measureBlocking(setting: Setting, figures: Figures): Promise<void> {
  if (!setting.lines.includes('blocking')) return;
  await figures.line('blocking', async (record) => {
    await using apiServer = await ApiServer.start(setting.programs.node, setting.folder, DEPLOYMENTS);
    const text = await listText(apiServer.kubeconfig);
    for (let round = 1; round <= setting.rounds; round += 1) {
      progress(`blocking: round ${round} of ${setting.rounds}`);
      const startedAt = performance.now();
      JSON.parse(text);
      const atOnce = performance.now() - startedAt;
      const longest = await longestBlock(apiServer.kubeconfig);
      record('blocking', 'start', longest);
      record('blocking-ratio', 'start', longest / atOnce);
    }
  });
}

async function listText(kubeconfig: string): Promise<string> {
  const api = new KubeClient(kubeConfigLoader({ kubeconfig }), 2);
  const request = (query: object) => ({
    path: '/apis/apps/v1/deployments',
    query: { ...query },
    deadlineMs: 20_000,
  });
  const { items } = await listInPages({ api, request, reduce: (item) => item }, 100);
  await api.close();
  return JSON.stringify({ items });
}

async function longestBlock(kubeconfig: string): Promise<number> {
  const autoscalers = { horizontalPodAutoscalers: false, scaledObjects: false };
  const access = {
    authorization: 'AlwaysAllow',
    onConflict: 'warn',
    rails: { current: [] },
    journalBytes: 2 ** 20,
  } as const;
  const options = { namespaces: [], autoscalers, log: SILENT, ...access };
  const cluster = new Cluster({ name: 'demo', kubeconfig, ...options });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  cluster.start();
  await until(() => cluster.synced);
  delay.disable();
  await cluster.stop();
  return delay.max / 1e6;
}
