import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { FakeApiServer } from '../support/fake-apiserver/fake-apiserver.ts';
import { deployment } from '../support/integration/contract-bodies.ts';
import { mayGetScale } from '../support/integration/rbac.ts';
import { type KubeApiserver, startKubeApiserver } from '../support/kube-apiserver.ts';
import { at, KubeRequests } from '../support/kube-requests.ts';
import { TestService } from '../support/service.ts';
import type { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

/** Two kube-apiservers, each with its own etcd, and a demo cluster, behind one service. */
const NAMESPACE = 'several-clusters';
const NAMES = ['api', 'web', 'worker'];
const COLLECTION = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;
/** The count of the first Deployment of each cluster. Each further Deployment has one replica more. */
const FIRST_COUNT = { one: 10, two: 20, demo: 30 };
type Name = keyof typeof FIRST_COUNT;
const CLUSTERS: readonly Name[] = ['one', 'two', 'demo'];

let two: KubeApiserver;
let demo: FakeApiServer;
let kube: Record<'one' | 'two', KubeRequests>;
let service: TestService;
let admin: TestClient;

beforeAll(async () => {
  two = await startKubeApiserver();
  const replicas = FIRST_COUNT.demo;
  const deployments = NAMES.map((name, index) => ({
    namespace: NAMESPACE,
    name,
    replicas: replicas + index,
  }));
  demo = await FakeApiServer.start({ deployments });
  demo.roles.allow({ groups: ['system:masters'], verbs: ['*'], resources: ['*'] });
  const { url, ca, cert, key, kubeconfig } = inject('kubeApiserver');
  kube = {
    one: new KubeRequests({ url, ca, cert, key }),
    two: new KubeRequests({ url: two.url, ca: two.ca, cert: two.admin.cert, key: two.admin.key }),
  };
  for (const name of ['one', 'two'] as const) await fill(name);
  service = await TestService.start({
    kubeconfig: { one: kubeconfig, two: two.kubeconfig, demo: demo.kubeconfig },
    authorization: 'SubjectAccessReview',
    policy: { allowedReserved: ['system:masters'] },
  });
  await service.synced();
  admin = await service.clientOf('admin', ['system:masters']);
});

afterAll(async () => {
  await service?.stop();
  for (const name of NAMES) await kube?.one.delete(`${COLLECTION}/${name}`);
  await kube?.one.delete(`/api/v1/namespaces/${NAMESPACE}`);
  await Promise.all([kube?.one.close(), kube?.two.close(), demo?.stop(), two?.stop()]);
});

async function fill(name: 'one' | 'two'): Promise<void> {
  await kube[name].post('/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: NAMESPACE },
  });
  for (const [index, each] of NAMES.entries()) {
    const { status } = await kube[name].post(COLLECTION, deployment(each, FIRST_COUNT[name] + index));
    expect(status).toBe(201);
  }
}

/** The count in the API server of a cluster. */
async function truth(cluster: Name, name: string): Promise<unknown> {
  if (cluster === 'demo') return demo.deployments.get(NAMESPACE, name)?.replicas;
  return at((await kube[cluster].get(`${COLLECTION}/${name}`)).body, 'spec.replicas');
}

const target = (name: string) => `namespace=${NAMESPACE}&deployment=${name}`;
const read = async (path: string, name: string, client = admin) =>
  client.get(`${path}/replica-count?${target(name)}`);
const fleetList = (client = admin) => client.get(`/clusters/deployments?namespace=${NAMESPACE}`);
const full = NAMES.map((name) => `${NAMESPACE}/${name}`);

/** The counts of one Deployment per cluster, read through the service. */
async function shown(name: string): Promise<unknown[]> {
  const answers = await Promise.all(CLUSTERS.map((cluster) => read(`/${cluster}`, name)));
  return answers.map(({ body }) => at(body, 'replicaCount'));
}

describe('the same names in several clusters', () => {
  it('are read from the cluster in the path or by default from the first, from the cache and directly', async () => {
    for (const [index, name] of NAMES.entries()) {
      const expected = CLUSTERS.map((cluster) => FIRST_COUNT[cluster] + index);
      expect(await shown(name)).toEqual(expected);
      expect((await read('', name)).body).toEqual({ replicaCount: expected[0] });
      for (const [place, cluster] of CLUSTERS.entries()) {
        const fresh = await admin.get(`/${cluster}/replica-count?${target(name)}&maxAge=0`);
        expect(fresh.body).toEqual({ replicaCount: expected[place] });
      }
    }
  });

  it('are written in that cluster only, by every path for writes', async () => {
    const writes: [path: string, name: string, cluster: Name][] = [
      ['/replica-count', 'api', 'one'],
      ['/one/replica-count', 'web', 'one'],
      ['/two/replica-count', 'api', 'two'],
      ['/two/set-replica-count', 'web', 'two'],
      ['/demo/replica-count', 'api', 'demo'],
      ['/demo/set-replica-count', 'web', 'demo'],
    ];
    const expected = new Map<string, number>();
    for (const cluster of CLUSTERS)
      for (const [index, name] of NAMES.entries())
        expected.set(`${cluster}/${name}`, FIRST_COUNT[cluster] + index);
    for (const [index, [path, name, cluster]] of writes.entries()) {
      const replicas = 100 + index;
      expected.set(`${cluster}/${name}`, replicas);
      const answer = await admin.post(`${path}?${target(name)}`, { replicas });
      expect(answer).toMatchObject({ status: 200, body: { replicaCount: replicas } });
      for (const each of NAMES) {
        const counts = CLUSTERS.map((one) => expected.get(`${one}/${each}`));
        expect(await shown(each)).toEqual(counts);
        expect(await Promise.all(CLUSTERS.map((one) => truth(one, each)))).toEqual(counts);
      }
    }
  });

  it('are listed per cluster', async () => {
    await kube.two.delete(`${COLLECTION}/worker`);
    await until(async () => (await read('/two', 'worker')).status === 404);
    const without = full.filter((name) => !name.endsWith('/worker'));
    expect((await admin.get(`/deployments?namespace=${NAMESPACE}`)).body).toEqual({ deployments: full });
    expect((await admin.get(`/two/deployments?namespace=${NAMESPACE}`)).body).toEqual({
      deployments: without,
    });
    expect((await fleetList()).body).toEqual({
      clusters: [
        { name: 'one', deployments: full },
        { name: 'two', deployments: without },
        { name: 'demo', deployments: full },
      ],
    });
  });
});

describe('the same certificate in several clusters', () => {
  it('has the rights that each cluster grants, and the fleet list shows the clusters that grant none', async () => {
    const name = 'several-clusters-reader';
    const rules = [
      { apiGroups: ['apps'], resources: ['deployments', 'deployments/scale'], verbs: ['get', 'list'] },
    ];
    const roles = `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}`;
    await kube.one.post(`${roles}/roles`, { metadata: { name }, rules });
    await kube.one.post(`${roles}/rolebindings`, {
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }],
    });
    await until(() => mayGetScale(kube.one, { user: name }, NAMESPACE, 'api'));
    const reader = await service.clientOf(name);
    expect(await read('/one', 'api', reader)).toMatchObject({ status: 200 });
    expect(await read('/two', 'api', reader)).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    expect((await reader.post(`/one/replica-count?${target('api')}`, { replicas: 1 })).status).toBe(403);
    const error = { code: 'FORBIDDEN', message: expect.stringContaining(`${name} may not list deployments`) };
    expect((await fleetList(reader)).body).toEqual({
      clusters: [
        { name: 'one', deployments: full },
        { name: 'two', error },
        { name: 'demo', error },
      ],
    });
  });
});

describe('an API server that is killed', () => {
  it('does not affect the others, is shown as unreachable, and returns without a restart of the service', async () => {
    const states = async () => {
      const { body } = await admin.get('/clusters');
      return CLUSTERS.map((_, index) => at(body, `clusters.${index}.state`));
    };
    expect(await states()).toEqual(['ready', 'ready', 'ready']);
    const { body: before } = await read('/two', 'api');
    await two.killApiserver();
    await until(async () => (await states())[1] === 'unreachable');
    expect(await states()).toEqual(['ready', 'unreachable', 'ready']);
    for (const cluster of ['one', 'demo'] as const) {
      const answer = await admin.post(`/${cluster}/replica-count?${target('worker')}`, { replicas: 5 });
      expect(answer).toMatchObject({ status: 200 });
      expect((await read(`/${cluster}`, 'worker')).body).toEqual({ replicaCount: 5 });
      expect((await admin.get(`/${cluster}/deployments?maxAge=0`)).status).toBe(200);
    }
    const refused = await admin.post(`/two/replica-count?${target('api')}`, { replicas: 5 });
    expect(refused).toMatchObject({ status: 503, body: { code: 'KUBERNETES_UNREACHABLE' } });
    expect(await read('/two', 'api')).toMatchObject({ status: 200, body: before });

    await two.startApiserver();
    await until(async () => (await states())[1] === 'ready');
    await until(
      async () => (await admin.post(`/two/replica-count?${target('api')}`, { replicas: 6 })).status === 200,
    );
    expect(await truth('two', 'api')).toBe(6);
    expect((await read('/two', 'api')).body).toEqual({ replicaCount: 6 });
  });
});
