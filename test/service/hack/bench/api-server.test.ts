import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ApiClient } from '../../../../hack/bench/subjects/api-client.ts';
import { ApiServer, NAMESPACES } from '../../../../hack/bench/subjects/api-server.ts';
import { reduceDeployment } from '../../../../src/cluster/deployment.ts';
import { KubeClient } from '../../../../src/kube/client/kube-client.ts';
import { listInPages } from '../../../../src/kube/client/list-pages.ts';
import { kubeConfigLoader } from '../../../../src/kube/kubeconfig/kubeconfig.ts';
import { monotonicMs } from '../../../support/fake-apiserver/orders.ts';
import { until } from '../../../support/until.ts';

const DEPLOYMENTS = 300;

async function start(): Promise<{ apiServer: ApiServer; counts: () => Promise<Map<string, number>> }> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const apiServer = await ApiServer.start(process.execPath, folder, DEPLOYMENTS);
  onTestFinished(() => apiServer[Symbol.asyncDispose]());
  const api = new KubeClient(kubeConfigLoader({ kubeconfig: apiServer.kubeconfig }), 2);
  onTestFinished(() => api.close());
  const request = (query: object) => ({
    path: '/apis/apps/v1/deployments',
    query: { ...query },
    deadlineMs: 20_000,
  });
  return {
    apiServer,
    counts: async () => {
      const { items } = await listInPages({ api, request, reduce: reduceDeployment }, 500);
      return new Map(items.map(({ namespace, name, replicas }) => [`${namespace}/${name}`, replicas]));
    },
  };
}

function firstOf(counts: ReadonlyMap<string, number>): [first: string, namespace: string, name: string] {
  const [first = ''] = counts.keys();
  const [namespace = '', name = ''] = first.split('/');
  return [first, namespace, name];
}

test('an API server in a process of its own spreads its Deployments and scales one by order', async () => {
  const { apiServer, counts } = await start();
  const before = await counts();
  expect(new Set([...before.keys()].map((name) => name.split('/')[0])).size).toBe(NAMESPACES);
  const [first, namespace, name] = firstOf(before);
  const orderedAtMs = monotonicMs();
  const { sentAtMs } = await apiServer.scale(namespace, name, 77);
  expect(sentAtMs).toBeGreaterThan(orderedAtMs);
  expect(sentAtMs).toBeLessThan(monotonicMs());
  expect(await counts()).toEqual(before.set(first, 77));
});

test('an API server in a process of its own changes all its Deployments in turn until it is told to stop', async () => {
  const { apiServer, counts } = await start();
  const before = await counts();
  apiServer.change(10_000);
  const seen = new Set<string>();
  await until(async () => {
    for (const [name, count] of await counts()) if (count !== before.get(name)) seen.add(name);
    return seen.size === DEPLOYMENTS;
  });
  apiServer.change(0);
  // A later order is carried out after that one.
  const [, namespace, name] = firstOf(before);
  await apiServer.scale(namespace, name, 0);
  expect(await counts()).toEqual(await counts());
});

test('a client that throws the list away reads to its end, and writes to the same API server', async () => {
  const { apiServer, counts } = await start();
  using client = await ApiClient.of(apiServer.kubeconfig);
  expect(await client.readAll()).toBeGreaterThan(0);
  const [first, namespace, name] = firstOf(await counts());
  await client.scale(namespace, name, 55);
  expect((await counts()).get(first)).toBe(55);
});
