import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { FakeApiServer } from '../support/fake-apiserver/fake-apiserver.ts';
import { deployment } from '../support/integration/contract-bodies.ts';
import { type KubeEndpoint, KubeRequests } from '../support/kube-requests.ts';
import { TestService } from '../support/service.ts';
import type { Answer } from '../support/test-client.ts';

/** A client reads the count that it set from the same instance and, by the resourceVersion, from any other instance. */
const targets = [
  {
    name: 'the demo cluster',
    start: async () => {
      const demo = await FakeApiServer.start({ deployments: [] });
      const { cert, key } = demo.clientCertificate;
      const endpoint: KubeEndpoint = { url: demo.url, ca: demo.ca, cert, key };
      return { endpoint, kubeconfig: demo.kubeconfig, stop: () => demo.stop() };
    },
  },
  {
    name: `kube-apiserver ${inject('kubeApiserver').version}`,
    start: async () => {
      const { kubeconfig, ...endpoint } = inject('kubeApiserver');
      return { endpoint, kubeconfig, stop: async () => {} };
    },
  },
];

const NAMESPACE = 'read-your-writes';
const COLLECTION = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;
const LANES = ['a', 'b', 'c', 'd', 'e'];
const PAIRS_PER_LANE = 200;

/** A write and the read after it. */
interface Pair {
  readonly name: string;
  readonly replicas: number;
  readonly write: Answer;
  readonly read: Answer;
}

describe.each(targets)('on $name', ({ start }) => {
  let stopCluster: () => Promise<void>;
  let kube: KubeRequests;
  let service: TestService;
  let other: TestService;

  beforeAll(async () => {
    const { endpoint, kubeconfig, stop } = await start();
    stopCluster = stop;
    kube = new KubeRequests(endpoint);
    await kube.post('/api/v1/namespaces', { apiVersion: 'v1', metadata: { name: NAMESPACE } });
    for (const name of LANES) await kube.post(COLLECTION, deployment(name, 1));
    service = await (await TestService.start({ kubeconfig })).synced();
    other = await (await TestService.start({ kubeconfig })).synced();
  });

  afterAll(async () => {
    await service?.stop();
    await other?.stop();
    for (const name of LANES) await kube?.delete(`${COLLECTION}/${name}`);
    await kube?.delete(`/api/v1/namespaces/${NAMESPACE}`);
    await kube?.close();
    await stopCluster?.();
  });

  /** Runs all lanes in parallel. A lane makes its pairs one after another, and each write sets a different count. */
  async function pairs(pair: (name: string, replicas: number) => Promise<Pair>): Promise<Pair[]> {
    const lanes = LANES.map(async (name) => {
      const made: Pair[] = [];
      for (let replicas = 10; replicas < 10 + PAIRS_PER_LANE; replicas += 1)
        made.push(await pair(name, replicas));
      return made;
    });
    return (await Promise.all(lanes)).flat();
  }

  function expectNoneStale(made: readonly Pair[]): void {
    expect(made.length).toBe(1_000);
    const stale = made.filter(({ replicas, write, read }) => {
      const asked = JSON.stringify({ replicaCount: replicas });
      return [write, read].some(({ status, body }) => status !== 200 || JSON.stringify(body) !== asked);
    });
    expect(stale).toEqual([]);
  }

  it('none of 1,000 reads that follow a write is older than the write', async () => {
    const made = await pairs(async (name, replicas) => {
      const write = await service.scale(NAMESPACE, name, replicas);
      return { name, replicas, write, read: await service.count(NAMESPACE, name) };
    });
    expectNoneStale(made);
    for (const { write, read } of made)
      expect(Number(read.headers['x-resource-version'])).toBeGreaterThanOrEqual(
        Number(write.headers['x-resource-version']),
      );
  });

  it('1,000 writes on condition of the last seen state all succeed, and are read at once', async () => {
    const tags = new Map<string, string>();
    for (const name of LANES) tags.set(name, entityTagOf(await service.count(NAMESPACE, name)));
    const made = await pairs(async (name, replicas) => {
      const write = await service.scale(NAMESPACE, name, replicas, { 'if-match': tags.get(name) ?? '' });
      tags.set(name, entityTagOf(write));
      return { name, replicas, write, read: await service.count(NAMESPACE, name) };
    });
    expectNoneStale(made);
    for (const { write, read } of made) expect(entityTagOf(read)).toBe(entityTagOf(write));
    const first = entityTagOf(made[0]?.write);
    expect(await service.scale(NAMESPACE, 'a', 1, { 'if-match': first })).toMatchObject({ status: 412 });
  });

  it('none of 1,000 reads from another instance, with the resourceVersion of the write, is older', async () => {
    const made = await pairs(async (name, replicas) => {
      const write = await service.scale(NAMESPACE, name, replicas);
      const wanted = `minResourceVersion=${write.headers['x-resource-version']}`;
      const path = `/replica-count?namespace=${NAMESPACE}&deployment=${name}&${wanted}`;
      return { name, replicas, write, read: await other.get(path) };
    });
    expectNoneStale(made);
  });
});

function entityTagOf(answer: Answer | undefined): string {
  return String(answer?.headers.etag);
}
