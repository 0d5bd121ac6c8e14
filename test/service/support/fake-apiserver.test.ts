import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppsV1Api, KubeConfig } from '@kubernetes/client-node';
import { Agent, type Dispatcher, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DemoClusterOptions, FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { Listener } from '../../support/fake-apiserver/listener.ts';
import { CertificateAuthority } from '../../support/issue-certificate.ts';
import { arrayAt, at, KubeRequests, textAt } from '../../support/kube-requests.ts';
import { until } from '../../support/until.ts';

const LIST = '/apis/apps/v1/deployments';
const SCALE = '/apis/apps/v1/namespaces/default/deployments/my-deployment/scale';

let cluster: FakeApiServer;
let kube: KubeRequests;

async function restartWith(options: DemoClusterOptions): Promise<void> {
  await kube?.close();
  await cluster?.stop();
  cluster = await FakeApiServer.start(options);
  const { cert, key } = cluster.clientCertificate;
  kube = new KubeRequests({ url: cluster.url, ca: cluster.ca, cert, key });
}

beforeEach(() => restartWith({ rolloutDelayMs: 10 }));

afterEach(async () => {
  await kube.close();
  await cluster.stop();
});

describe('a new fake API server', () => {
  it('has a dozen samples in several namespaces, one of them scaled to 0', async () => {
    expect(cluster.deployments.size).toBe(12);
    expect(cluster.deployments.get('default', 'my-deployment')?.replicas).toBe(3);
    const { body } = await kube.get(LIST);
    const items = arrayAt(body, 'items');
    expect(new Set(items.map((item) => textAt(item, 'metadata.namespace'))).size).toBe(5);
    expect(items.some((item) => at(item, 'spec.replicas') === 0)).toBe(true);
    // The samples are as large as real Deployments, so that measurements are meaningful.
    for (const item of items) expect(JSON.stringify(item).length).toBeGreaterThan(5_000);
  });

  it('admits clients with its kubeconfig, by token, token file or certificate', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'demo-cluster-'));
    const file = join(folder, 'kubeconfig');
    await cluster.writeKubeconfig(file);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const byFile = new KubeConfig();
    byFile.loadFromFile(file);
    const byCertificate = new KubeConfig();
    byCertificate.loadFromString(cluster.kubeconfigWith(cluster.clientCertificate));
    for (const config of [byFile, byCertificate]) {
      const list = await config.makeApiClient(AppsV1Api).listDeploymentForAllNamespaces();
      expect(list.items).toHaveLength(12);
    }
    await rm(folder, { recursive: true });
  });

  it('refuses the old token after a rotation', async () => {
    const old = { authorization: `Bearer ${cluster.token}` };
    expect((await kube.get(LIST, old)).status).toBe(200);
    const token = cluster.rotateToken();
    expect((await kube.get(LIST, old)).status).toBe(401);
    expect((await kube.get(LIST, { authorization: `Bearer ${token}` })).status).toBe(200);
  });

  it('refuses the account of the service everything that its roles do not allow', async () => {
    cluster.roles.set([{ groups: ['system:serviceaccounts'], verbs: ['list'], resources: ['deployments'] }]);
    expect((await kube.get(LIST)).status).toBe(200);
    expect(await kube.get(SCALE)).toMatchObject({ status: 403, body: { reason: 'Forbidden' } });
    cluster.roles.reset();
    expect((await kube.get(SCALE)).status).toBe(200);
  });

  it('counts the received requests', async () => {
    await kube.get(LIST);
    await kube.patch(SCALE, { spec: { replicas: 1 } });
    expect([
      cluster.requests.count('list'),
      cluster.requests.count('patchScale'),
      cluster.requests.total,
    ]).toEqual([1, 1, 2]);
    expect(cluster.requests.recent('patchScale')).toMatchObject([{ method: 'PATCH', path: SCALE }]);
    cluster.requests.clear();
    expect(cluster.requests.total).toBe(0);
  });
});

describe('Deployments of the fake API server', () => {
  it('roll out step by step, with new versions and the same generation', async () => {
    const since = cluster.resourceVersion;
    cluster.deployments.scale('default', 'my-deployment', 5);
    await until(() => cluster.deployments.get('default', 'my-deployment')?.status?.readyReplicas === 5);
    const { body } = await kube.get(`${LIST}?watch=1&resourceVersion=${since}&timeoutSeconds=1`);
    const steps = arrayAt({ body }, 'body').map((event) => [
      at(event, 'object.metadata.generation'),
      at(event, 'object.status.observedGeneration'),
      at(event, 'object.status.readyReplicas'),
    ]);
    expect(steps).toEqual([
      [2, 1, 3],
      [2, 2, 3],
      [2, 2, 5],
    ]);
  });

  it('keep their generation if a label is added to a sample', async () => {
    const path = '/apis/apps/v1/namespaces/shop/deployments/cart';
    const first = await kube.patch(path, { metadata: { labels: { tier: 'web' } } });
    expect(first).toMatchObject({
      status: 200,
      body: { metadata: { generation: 1, labels: { tier: 'web' } } },
    });
    const again = await kube.patch(path, { metadata: { labels: { tier: 'web' } } });
    expect(again.body).toEqual(first.body);
  });

  it('can be changed directly by a test', async () => {
    const old = cluster.deployments.get('default', 'my-deployment');
    const touched = cluster.deployments.touch('default', 'my-deployment');
    expect(touched).toMatchObject({ generation: 1, replicas: 3 });
    expect(touched.resourceVersion).toBeGreaterThan(old?.resourceVersion ?? 0);
    const other = cluster.deployments.recreate('default', 'my-deployment', 1);
    expect(other.uid).not.toBe(old?.uid);
    cluster.deployments.delete('default', 'my-deployment');
    expect((await kube.get(SCALE)).status).toBe(404);
    expect(() => cluster.deployments.scale('default', 'my-deployment', 1)).toThrow('no Deployment');
  });

  it('can number a hundred thousand, each listed once and in order', async () => {
    await restartWith({ deployments: 100_000, namespacesCount: 1_000 });
    const agent = new Agent({ connect: { ca: cluster.ca } });
    const headers = { authorization: `Bearer ${cluster.token}` };
    const keys: string[] = [];
    let token: string | undefined = '';
    while (token !== undefined) {
      const answer: Dispatcher.ResponseData = await request(
        `${cluster.url}${LIST}?limit=500&continue=${token}`,
        {
          dispatcher: agent,
          headers,
        },
      );
      // Do not parse 700 MB of JSON.
      const page: string = await answer.body.text();
      for (const [, name, namespace] of page.matchAll(
        /{"metadata":{"name":"([^"]+)","namespace":"([^"]+)"/g,
      )) {
        keys.push(`${namespace}/${name}`);
      }
      token = /"continue":"([^"]+)"/.exec(page.slice(0, 500))?.[1];
    }
    await agent.destroy();
    expect(new Set(keys).size).toBe(100_000);
    expect(keys).toEqual(keys.toSorted());
  }, 300_000);
});

describe('the owners of Deployments of the fake API server', () => {
  const CATALOG = '/apis/apps/v1/namespaces/shop/deployments/catalog';
  const entries = async (path: string) =>
    arrayAt((await kube.get(path)).body, 'metadata.managedFields').map((entry) => ({
      entry: `${at(entry, 'manager')} ${at(entry, 'operation')} ${at(entry, 'subresource') ?? ''}`.trim(),
      count: at(entry, 'fieldsV1.f:spec.f:replicas') !== undefined,
      time: at(entry, 'time'),
    }));

  it('are kubectl apply for the template and the count, and the controller for the status', async () => {
    const path = SCALE.replace('/scale', '');
    const { body } = await kube.get(path);
    expect(await entries(path)).toMatchObject([
      { entry: 'kube-controller-manager Update status', count: false },
      { entry: 'kubectl-client-side-apply Update', count: true },
    ]);
    expect(at(body, 'metadata.managedFields.0.fieldsV1.f:status.f:replicas')).toEqual({});
    const applied = JSON.stringify(at(body, 'metadata.annotations'));
    expect(applied).toContain('last-applied-configuration');
    expect(applied).not.toContain('replicas');
  });

  it('are those of the seed, with its labels, annotations, owner references and conditions', async () => {
    const time = '2026-01-02T03:04:05Z';
    const marks = {
      labels: { 'app.kubernetes.io/managed-by': 'Helm', name: '@name@' },
      annotations: { 'meta.helm.sh/release-name': '@namespace@' },
      ownerReferences: [{ kind: 'Shop', name: '@name@', controller: true }],
      conditions: [{ type: 'Fresh', status: 'True' }],
    };
    const managers = [
      { manager: 'helm', operation: 'Apply', time, replicas: false },
      { manager: 'kubectl', operation: 'Update', subresource: 'scale', time: null },
    ] as const;
    const seed = { namespace: 'shop', name: 'catalog', marks, managers };
    await restartWith({ deployments: [seed] });
    const { body } = await kube.get(CATALOG);
    expect(body).toMatchObject({
      metadata: {
        labels: { 'app.kubernetes.io/managed-by': 'Helm', name: 'catalog' },
        annotations: { 'meta.helm.sh/release-name': 'shop' },
        ownerReferences: [{ kind: 'Shop', name: 'catalog', controller: true }],
      },
      status: { conditions: [{ type: 'Available' }, { type: 'Progressing' }, { type: 'Fresh' }] },
    });
    expect(await entries(CATALOG)).toMatchObject([
      { entry: 'helm Apply', count: false, time },
      { entry: 'kubectl Update scale', count: true, time: undefined },
      { entry: 'kube-controller-manager Update status', count: false },
    ]);
  });

  it('change with each change of a count, by the writer that the test names', async () => {
    await restartWith({ deployments: [{ namespace: 'shop', name: 'catalog' }] });
    const owner = async () => (await entries(CATALOG)).filter(({ count }) => count).map(({ entry }) => entry);
    cluster.deployments.scale('shop', 'catalog', 5);
    expect(await owner()).toEqual(['kubectl Update scale']);
    cluster.deployments.scale('shop', 'catalog', 6, { manager: 'hpa', subresource: 'scale' });
    expect(await owner()).toEqual(['hpa Update scale']);
    cluster.deployments.scale('shop', 'catalog', 7, { manager: 'argocd-controller' });
    expect(await owner()).toEqual(['argocd-controller Update']);
    cluster.deployments.scale('shop', 'catalog', 8, { manager: 'helm', operation: 'Apply' });
    expect(await owner()).toEqual(['helm Apply']);
  });
});

describe('pods of the fake API server', () => {
  const PODS = '/api/v1/namespaces/shop/pods';
  const SETS = '/apis/apps/v1/namespaces/shop/replicasets';

  it('are not served while no Deployment has trouble with them', async () => {
    expect([(await kube.get(PODS)).status, (await kube.get(SETS)).status]).toEqual([404, 404]);
  });

  it('tell the trouble of their Deployment, which controls them by a ReplicaSet', async () => {
    const trouble = { reason: 'ImagePullBackOff', message: 'Back-off pulling image' };
    cluster.podTroubles.set('shop/catalog', trouble);
    const selector = 'labelSelector=app.kubernetes.io/name';
    const sets = await kube.get(`${SETS}?${selector}=catalog`);
    const uid = cluster.deployments.get('shop', 'catalog')?.uid;
    expect(arrayAt(sets, 'body.items')).toMatchObject([
      { metadata: { ownerReferences: [{ uid, controller: true }] } },
    ]);
    const set = textAt(arrayAt(sets, 'body.items')[0], 'metadata.uid');
    const pods = arrayAt(await kube.get(`${PODS}?${selector}=catalog`), 'body.items');
    expect(pods).toHaveLength(5);
    for (const pod of pods)
      expect(pod).toMatchObject({
        metadata: { ownerReferences: [{ uid: set, controller: true }] },
        status: { containerStatuses: [{ ready: false, state: { waiting: trouble } }] },
      });
    expect(arrayAt(await kube.get(`${PODS}?${selector}=cart`), 'body.items')).toEqual([]);
  });
});

describe('warnings of the fake API server', () => {
  it('come with the real answer of the requests that they are meant for', async () => {
    const texts = ['not "good"', 'nor this'];
    cluster.faults.add({ on: 'patchScale', times: 1, fault: { type: 'warnings', texts } });
    expect((await kube.get(SCALE)).headers.warning).toBeUndefined();
    const warned = await kube.patch(SCALE, { spec: { replicas: 5 } });
    expect(warned).toMatchObject({ status: 200, body: { spec: { replicas: 5 } } });
    expect(warned.headers.warning).toEqual(['299 - "not \\"good\\""', '299 - "nor this"']);
    expect((await kube.patch(SCALE, { spec: { replicas: 6 } })).headers.warning).toBeUndefined();
  });
});

describe('the history of the fake API server', () => {
  it('is limited', async () => {
    await restartWith({ historyLimit: 10 });
    const since = cluster.resourceVersion;
    for (let i = 0; i < 30; i += 1) cluster.deployments.touch('default', 'my-deployment');
    const { body } = await kube.get(`${LIST}?watch=1&resourceVersion=${since}&timeoutSeconds=1`);
    expect(body).toMatchObject([{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }]);
  });

  it('starts again with lower versions after a restart with an empty etcd', async () => {
    cluster.deployments.scale('default', 'my-deployment', 5);
    const { url, resourceVersion } = cluster;
    await kube.close();
    await cluster.restart({ empty: true });
    expect(cluster.url).toBe(url);
    expect(cluster.resourceVersion).toBeLessThan(resourceVersion);
    const { cert, key } = cluster.clientCertificate;
    kube = new KubeRequests({ url, ca: cluster.ca, cert, key });
    expect(arrayAt((await kube.get(LIST)).body, 'items')).toEqual([]);
    expect((await kube.get(`${LIST}?resourceVersion=${resourceVersion}`)).status).toBe(504);
    cluster.deployments.create({ namespace: 'default', name: 'new' });
    expect(arrayAt((await kube.get(LIST)).body, 'items')).toHaveLength(1);
  });

  it('is forgotten in an ordinary restart, but the Deployments stay', async () => {
    await kube.close();
    const since = cluster.resourceVersion - 1;
    await cluster.restart();
    const { cert, key } = cluster.clientCertificate;
    kube = new KubeRequests({ url: cluster.url, ca: cluster.ca, cert, key });
    expect(arrayAt((await kube.get(LIST)).body, 'items')).toHaveLength(12);
    const { body } = await kube.get(`${LIST}?watch=1&resourceVersion=${since}&timeoutSeconds=1`);
    expect(body).toMatchObject([{ type: 'ERROR', object: { code: 410 } }]);
  });
});

describe('a connection that is reset while it closes', () => {
  it('ends, and so does its request', async () => {
    const authority = await CertificateAuthority.create({ commonName: 'listener-ca' });
    const certificate = await authority.issue({ commonName: 'listener', sans: ['127.0.0.1'] });
    const requestGone = Promise.withResolvers<void>();
    const listener = new Listener(certificate, authority.cert, (request, response, reset) => {
      response.once('close', requestGone.resolve);
      request.socket.end();
      reset();
    });
    const port = await listener.listen(0);
    const agent = new Agent({ connect: { ca: authority.cert } });
    await expect(request(`https://127.0.0.1:${port}/`, { dispatcher: agent })).rejects.toThrow();
    await requestGone.promise;
    await until(() => listener.openConnections === 0);
    await agent.close();
    await listener.close();
  });
});

describe('stopping the fake API server', () => {
  it('works while requests are running, and a second time', async () => {
    cluster.faults.add({ on: 'get', fault: { type: 'cut', how: 'silence' } });
    const waiting = [
      kube.get(`${LIST}?watch=1`),
      kube.get('/apis/apps/v1/namespaces/default/deployments/my-deployment'),
    ].map((answer) => expect(answer).rejects.toThrow());
    await until(() => cluster.requests.total === 2);
    cluster.deployments.scale('default', 'my-deployment', 9);
    await cluster.stop();
    await cluster.stop();
    await Promise.all(waiting);
    expect(cluster.openConnections).toBe(0);
    expect(cluster.openWatches).toBe(0);
    await expect(kube.get(LIST)).rejects.toThrow('ECONNREFUSED');
  });
});
