import {
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  type V1Deployment,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { FakeApiServer } from '../support/fake-apiserver/fake-apiserver.ts';
import { at } from '../support/kube-requests.ts';
import { TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

const MERGE_PATCH = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

/** The whole service over mutual TLS, with the same cases on the demo cluster and on a real kube-apiserver. */
const apiServers = [
  {
    name: 'the demo cluster',
    start: async () => {
      const demo = await FakeApiServer.start({ deployments: [] });
      return { kubeconfig: demo.kubeconfig, stop: () => demo.stop() };
    },
  },
  {
    name: `kube-apiserver ${inject('kubeApiserver').version}`,
    start: async () => ({ kubeconfig: inject('kubeApiserver').kubeconfig, stop: async () => {} }),
  },
];

describe.each(apiServers)('on $name', ({ start }) => {
  const namespace = 'service-test';
  let stopCluster: () => Promise<void>;
  let service: TestService;
  let api: AppsV1Api;

  beforeAll(async () => {
    const { kubeconfig, stop } = await start();
    stopCluster = stop;
    const config = new KubeConfig();
    config.loadFromString(kubeconfig);
    api = config.makeApiClient(AppsV1Api);
    const namespaces = config.makeApiClient(CoreV1Api);
    await namespaces.createNamespace({ body: { metadata: { name: namespace } } });
    await create('my-deployment', 3);
    service = await (await TestService.start({ kubeconfig })).synced();
  });

  afterAll(async () => {
    await service?.stop();
    for (const { metadata } of (await api.listNamespacedDeployment({ namespace })).items) {
      await api.deleteNamespacedDeployment({ namespace, name: metadata?.name ?? '' });
    }
    await stopCluster();
  });

  function create(name: string, replicas: number): Promise<V1Deployment> {
    const labels = { app: name };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'nginx:1' }] } };
    const spec = { replicas, selector: { matchLabels: labels }, template };
    return api.createNamespacedDeployment({ namespace, body: { metadata: { name }, spec } });
  }

  /** The count in the API server. */
  async function truth(name: string): Promise<number | undefined> {
    return (await api.readNamespacedDeployment({ namespace, name })).spec?.replicas;
  }

  it('reports that it is healthy', async () => {
    expect(await service.get('/healthz')).toMatchObject({ status: 200, body: { status: 'OK' } });
  });

  it('lists the Deployments of one namespace and of all namespaces', async () => {
    const names = { deployments: ['service-test/my-deployment'] };
    expect(await service.get(`/deployments?namespace=${namespace}`)).toMatchObject({
      status: 200,
      body: names,
    });
    const all = await service.get('/deployments');
    expect(all).toMatchObject({
      status: 200,
      body: { deployments: expect.arrayContaining(names.deployments) },
    });
    expect(await service.get('/deployments?namespace=no-such-namespace')).toMatchObject({
      status: 200,
      body: { deployments: [] },
    });
  });

  it('sets a count and reads it at once', async () => {
    for (const replicas of [5, 0, 2_147_483_647, 3, 3]) {
      expect(await service.scale(namespace, 'my-deployment', replicas)).toMatchObject({
        status: 200,
        body: { replicaCount: replicas },
      });
      expect((await service.count(namespace, 'my-deployment')).body).toEqual({ replicaCount: replicas });
      expect(await truth('my-deployment')).toBe(replicas);
    }
  });

  it('answers 404 for a Deployment that does not exist, to reads and writes', async () => {
    const expected = { status: 404, body: { code: 'DEPLOYMENT_NOT_FOUND' } };
    expect(await service.count(namespace, 'nope')).toMatchObject(expected);
    expect(await service.scale(namespace, 'nope', 1)).toMatchObject(expected);
    expect(await service.scale('no-such-namespace', 'nope', 1)).toMatchObject(expected);
  });

  it.each([
    '',
    '{}',
    'null',
    '[]',
    '{',
    '{"replicas":null}',
    '{"replicas":"0"}',
    '{"replica":0}',
    '{"replicas":0.5}',
    '{"replicas":true}',
    '{"replicas":false}',
    '{"replicas":-1}',
    '{"replicas":2147483648}',
    '{"replicas":[0]}',
    '{"replicas":0,"force":true}',
    '{"replicas":3,"replicas":0}',
  ])('leaves the count unchanged on the body %s', async (body) => {
    await service.scale(namespace, 'my-deployment', 3);
    expect(await service.scale(namespace, 'my-deployment', body)).toMatchObject({
      status: 400,
      body: { code: 'INVALID_BODY' },
    });
    expect(await truth('my-deployment')).toBe(3);
  });

  it('has one of the requested counts after 100 parallel writes', async () => {
    const values = Array.from({ length: 100 }, (_, index) => index);
    const answers = await Promise.all(
      values.map((value) => service.scale(namespace, 'my-deployment', value)),
    );
    // On a busy machine the last writes may be queued for longer than the allowed second, and the API server may need
    // longer than the deadline of a write.
    const outcomes = new Set(answers.map(({ status, body }) => (status >= 500 ? at(body, 'code') : status)));
    const possible = [200, 409, 'CLUSTER_BUSY', 'KUBERNETES_TIMEOUT', 'OUTCOME_UNKNOWN'];
    expect(possible).toEqual(expect.arrayContaining([...outcomes]));
    expect(outcomes).toContain(200);
    let final: number | undefined;
    await until(async () => {
      // Again each time: a write of unknown outcome may still be made.
      final = await truth('my-deployment');
      const { body } = await service.count(namespace, 'my-deployment');
      return JSON.stringify(body) === JSON.stringify({ replicaCount: final });
    });
    expect(values).toContain(final);
  });

  it('shows Deployments that other writers create, scale and delete', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `other-${String(index).padStart(2, '0')}`);
    const full = names.map((name) => `${namespace}/${name}`);

    await Promise.all(names.map((name, index) => create(name, index)));
    await until(async () => {
      const { body } = await service.get(`/deployments?namespace=${namespace}`);
      return (
        JSON.stringify(body) === JSON.stringify({ deployments: ['service-test/my-deployment', ...full] })
      );
    });
    for (const [index, name] of names.entries()) {
      expect((await service.count(namespace, name)).body).toEqual({ replicaCount: index });
    }

    await Promise.all(
      names.map((name, index) =>
        api.patchNamespacedDeploymentScale(
          { namespace, name, body: { spec: { replicas: index + 100 } } },
          MERGE_PATCH,
        ),
      ),
    );
    for (const [index, name] of names.entries()) {
      await until(async () => {
        const { body } = await service.count(namespace, name);
        return JSON.stringify(body) === JSON.stringify({ replicaCount: index + 100 });
      });
    }

    await Promise.all(names.map((name) => api.deleteNamespacedDeployment({ namespace, name })));
    await until(async () => {
      const { body } = await service.get(`/deployments?namespace=${namespace}`);
      return JSON.stringify(body) === JSON.stringify({ deployments: ['service-test/my-deployment'] });
    });
    expect((await service.count(namespace, 'other-00')).status).toBe(404);
  });
});
