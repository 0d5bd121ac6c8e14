import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Cluster } from '../src/cluster/cluster.ts';
import { KubeClient } from '../src/kube/client/kube-client.ts';
import { listInPages } from '../src/kube/client/list-pages.ts';
import { kubeConfigLoader } from '../src/kube/kubeconfig/kubeconfig.ts';
import { DemoProcess } from '../test/support/demo-process.ts';
import { FakeApiServer } from '../test/support/fake-apiserver/fake-apiserver.ts';
import { CLUSTER_FAULTS, type TwoClusters } from '../test/support/fleet/cluster-faults.ts';
import { TestService } from '../test/support/service.ts';
import { SteadyLoad } from '../test/support/steady-load.ts';
import type { Answer } from '../test/support/test-client.ts';
import { until } from '../test/support/until.ts';

/**
 * `make bench`: prints two measurements as ratios of times on this machine. Tests assert the mechanism behind each:
 * fleet-isolation.test.ts that clusters share no place, blocking.test.ts that a turn of the event loop takes in little.
 */

const CALLS = 400;
/** How many calls are under way at a time. */
const PARALLEL = 4;
const SHOP = ['cart', 'catalog', 'checkout', 'recommendations-batch'];
const DEPLOYMENTS = 10_000;
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

await isolation();
await blocking();

/** The 99th percentile of reads and writes of a healthy cluster while another cluster has a fault, over that before. */
async function isolation(): Promise<void> {
  const [healthy, faulty] = await Promise.all([FakeApiServer.start(), FakeApiServer.start()]);
  const kubeconfig = { healthy: healthy.kubeconfig, faulty: faulty.kubeconfig };
  const service = await (await TestService.start({ kubeconfig })).synced();
  const clusters = { service, healthy, faulty };
  // The same callers before and during a fault, so that what differs is the fault.
  const callers = new SteadyLoad([
    ...SHOP.map((name) => () => service.post(countOf('faulty', name), { replicas: 1 })),
    ...SHOP.map((name) => () => service.get(`${countOf('faulty', name)}&maxAge=0`)),
  ]);
  await p99s(service); // the first calls load code
  console.log('The healthy cluster while the other one is ...: p99 in ms, and over that before');
  row('', 'reads', 'ratio', 'writes', 'ratio');
  for (const { name, begin } of CLUSTER_FAULTS) await measureFault(clusters, name, begin);
  await callers.stop();
  await service.stop();
  await Promise.all([healthy.stop(), faulty.stop()]);
}

async function measureFault(
  clusters: TwoClusters,
  name: string,
  begin: (typeof CLUSTER_FAULTS)[number]['begin'],
): Promise<void> {
  const { service } = clusters;
  const before = await p99s(service);
  const end = await begin(clusters);
  const during = await p99s(service);
  await end();
  await until(async () => (await service.post(countOf('faulty', 'cart'), { replicas: 1 })).status === 200);
  const ratio = (kind: 'reads' | 'writes') => (during[kind] / before[kind]).toFixed(1);
  row(name, during.reads.toFixed(1), ratio('reads'), during.writes.toFixed(1), ratio('writes'));
}

function countOf(cluster: string, name: string): string {
  return `/${cluster}/replica-count?namespace=shop&deployment=${name}`;
}

async function p99s(service: TestService): Promise<{ reads: number; writes: number }> {
  const path = (number: number) => countOf('healthy', SHOP[number % SHOP.length] ?? '');
  return {
    reads: await p99((number) => service.get(path(number))),
    writes: await p99((number) => service.post(path(number), { replicas: number })),
  };
}

/** In milliseconds. */
async function p99(call: (number: number) => Promise<Answer>): Promise<number> {
  const times: number[] = [];
  let next = 0;
  const caller = async () => {
    for (let number = next++; number < CALLS; number = next++) {
      const startedAt = performance.now();
      const { status, body } = await call(number);
      times.push(performance.now() - startedAt);
      if (status !== 200) throw new Error(`a call failed: ${status} ${JSON.stringify(body)}`);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, caller));
  times.sort((a, b) => a - b);
  return times[Math.ceil(times.length * 0.99) - 1] ?? Number.NaN;
}

/** The longest time without a turn of the event loop while a cache is filled, over that of parsing its list at once. */
async function blocking(): Promise<void> {
  const demo = await DemoProcess.start(DEPLOYMENTS);
  const text = await listText(demo.kubeconfig);
  const startedAt = performance.now();
  JSON.parse(text);
  const atOnce = performance.now() - startedAt;
  const longest = await longestBlock(demo.kubeconfig);
  await demo.stop();
  console.log(`\nA cache that takes in ${DEPLOYMENTS} Deployments: ms without a turn of the event loop`);
  row('', 'longest', 'at once', 'ratio');
  row('', longest.toFixed(), atOnce.toFixed(), (longest / atOnce).toFixed(2));
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
  const options = { namespaces: [], authorization: 'AlwaysAllow', log: SILENT } as const;
  const cluster = new Cluster({ name: 'demo', kubeconfig, ...options });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  cluster.start();
  await until(() => cluster.synced);
  delay.disable();
  await cluster.stop();
  return delay.max / 1e6;
}

function row(name: string, ...cells: readonly string[]): void {
  console.log(name.padEnd(28) + cells.map((cell) => cell.padStart(9)).join(''));
}
