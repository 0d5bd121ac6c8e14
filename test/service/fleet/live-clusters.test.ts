import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { ClustersServer } from '../../support/fleet/clusters-server.ts';
import { SteadyLoad } from '../../support/steady-load.ts';
import { until } from '../../support/until.ts';

/** Less than a cluster waits for a connection. */
const CONNECT_MS = 4_000;

/** Clusters that are added, changed and removed while the process serves others. */
let steady: FakeApiServer;
let seven: FakeApiServer;
let nine: FakeApiServer;

beforeEach(async () => {
  [steady, seven, nine] = await Promise.all([demoOf(3), demoOf(7), demoOf(9)]);
});

async function demoOf(replicas: number): Promise<FakeApiServer> {
  const deployments = [{ namespace: 'default', name: 'my-deployment', replicas }];
  const demo = await FakeApiServer.start({ deployments });
  onTestFinished(() => demo.stop());
  return demo;
}

/** A kubeconfig with one context per server, named by its number. */
function contextsOf(...demos: readonly FakeApiServer[]): string {
  const configs = demos.map(({ kubeconfig }) => parse(kubeconfig));
  const all = (kind: 'clusters' | 'users', part: 'cluster' | 'user') =>
    configs.map((config, index) => ({ name: `${index}`, [part]: config[kind][0][part] }));
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: all('clusters', 'cluster'),
    users: all('users', 'user'),
    contexts: demos.map((_, index) => ({
      name: `${index}`,
      context: { cluster: `${index}`, user: `${index}` },
    })),
    'current-context': '0',
  });
}

/** Readers and a writer of the cluster `steady`, by both its paths, and readers of the list of all clusters. */
function loadOn(server: ClustersServer): SteadyLoad {
  const { client } = server;
  const load = new SteadyLoad([
    () => client.count('default', 'my-deployment'),
    () => server.read('steady'),
    () => client.get('/steady/deployments?maxAge=0'),
    () => client.get('/clusters/deployments'),
    () => server.write('steady', 3),
  ]);
  onTestFinished(() => load.stop());
  return load;
}

describe('under load on one cluster,', () => {
  it('another cluster is added, changed and removed without a single failed request', async () => {
    const server = await ClustersServer.start({ steady: steady.kubeconfig });
    await server.process.ready();
    const load = loadOn(server);
    await load.flowing();
    expect((await server.read('other')).status).toBe(404);

    await server.writeKubeconfig('other', seven.kubeconfig);
    await server.writeClusters({ name: 'steady' }, { name: 'other' });
    await until(() => server.shows('other', 7));
    await load.flowing();

    // The kubeconfig now names another API server. State from the first one must not be served for the second.
    await server.writeKubeconfig('other', nine.kubeconfig);
    await until(() => server.shows('other', 9));
    await until(() => seven.openConnections === 0);
    await load.flowing();

    await server.writeKubeconfig('other', contextsOf(nine, seven));
    await server.writeClusters({ name: 'steady' }, { name: 'other', contextName: '1' });
    await until(() => server.shows('other', 7));
    await until(() => nine.openConnections === 0);
    expect(await server.write('other', 70)).toMatchObject({ status: 200 });
    expect(seven.deployments.get('default', 'my-deployment')?.replicas).toBe(70);
    await load.flowing();

    await server.writeClusters({ name: 'steady' });
    await until(async () => (await server.read('other')).status === 404);
    expect((await server.read('other')).body).toMatchObject({ code: 'CLUSTER_NOT_FOUND' });
    expect((await server.write('other', 1)).body).toMatchObject({ code: 'CLUSTER_NOT_FOUND' });
    await until(() => seven.openConnections === 0);
    await load.flowing();

    await load.stop();
    expect(load.failures).toEqual([]);
    // The cache of the steady cluster has not been filled again.
    expect(steady.requests.count('watch')).toBe(1);
    expect(nine.deployments.get('default', 'my-deployment')?.replicas).toBe(9);
    expect(steady.deployments.get('default', 'my-deployment')?.replicas).toBe(3);
  });

  it('an unusable clusters file is refused and logged once, and changes nothing', async () => {
    const server = await ClustersServer.start({ steady: steady.kubeconfig, other: seven.kubeconfig });
    await until(() => server.shows('other', 7));
    const load = loadOn(server);
    const refused = 'refused the new clusters file';
    await server.writeClustersFile('clusters:\n  - name: steady\n  - name: Not-A-Label\n');
    await until(() => server.logged(refused) > 0);
    expect(server.process.output).toMatch(/CLUSTERS_FILE:3: clusters\[1\]\.name is not a DNS label/);
    await load.flowing();
    expect(await server.shows('other', 7)).toBe(true);

    await server.writeKubeconfig('new', nine.kubeconfig);
    await server.writeClusters({ name: 'steady' }, { name: 'other' }, { name: 'new' });
    await until(() => server.shows('new', 9));
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(server.logged(refused)).toBe(1);
    expect([steady, seven].map(({ requests }) => requests.count('watch'))).toEqual([1, 1]);
  });

  it('an unusable kubeconfig leaves its cluster unchanged', async () => {
    const server = await ClustersServer.start({ steady: steady.kubeconfig, other: seven.kubeconfig });
    await until(() => server.shows('other', 7));
    const load = loadOn(server);
    await server.writeKubeconfig('other', 'clusters: [');
    await until(() => server.logged('the kubeconfig of a cluster is not usable') > 0);
    expect(server.process.output).toMatch(
      /"cluster":"other","reason":"[^"]* is not a kubeconfig: see line 1"/,
    );
    expect(await server.write('other', 8)).toMatchObject({ status: 200, body: { replicaCount: 8 } });
    await server.writeKubeconfig('other', nine.kubeconfig);
    await until(() => server.shows('other', 9));
    await load.stop();
    expect(load.failures).toEqual([]);
  });
});

describe('a rotated token in a kubeconfig', () => {
  it('is used without losing the cache', async () => {
    const server = await ClustersServer.start({ steady: steady.kubeconfig });
    await server.process.ready();
    const load = new SteadyLoad([() => server.read('steady')]);
    onTestFinished(() => load.stop());
    const lists = wholeLists();
    steady.rotateToken();
    steady.dropConnections();
    await until(() => server.logged('cluster unreachable') > 0);
    await server.writeKubeconfig('steady', steady.kubeconfig);
    await until(async () => (await server.write('steady', 5)).status === 200);
    await until(() => steady.openWatches === 1);
    steady.deployments.scale('default', 'my-deployment', 6);
    await until(() => server.shows('steady', 6));
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(wholeLists()).toBe(lists);
  });

  /** The number of lists that fill a cache, without those that only ask for the current resourceVersion. */
  function wholeLists(): number {
    return steady.requests.recent('list').filter(({ query }) => query.get('limit') !== '1').length;
  }
});

describe('a start with a dead cluster', () => {
  it('is not delayed: the other clusters are served before the dead one has failed', async () => {
    seven.freeze();
    // A machine may be so slow that the dead one has had the time to fail: then again.
    await until(async () => {
      const startedAt = performance.now();
      const server = await ClustersServer.start({ steady: steady.kubeconfig, dead: seven.kubeconfig });
      await server.process.ready();
      expect(await server.shows('steady', 3)).toBe(true);
      expect(await server.read('dead')).toMatchObject({ status: 503, body: { code: 'CACHE_NOT_SYNCED' } });
      const lost = server.logged('cluster unreachable');
      if (lost > 0 && performance.now() - startedAt > CONNECT_MS) return false;
      expect(lost).toBe(0);
      seven.thaw();
      await until(() => server.shows('dead', 7));
      return true;
    });
  });

  it.each([
    ['all', ['steady', 'dead'], 503],
    ['default', ['dead', 'steady'], 503],
    ['any', ['dead', 'steady'], 200],
  ])(
    'under READY_CLUSTERS=%s with %s answers %i to /readyz until the dead cluster is up',
    async (policy, order, status) => {
      await seven.refuseConnections();
      const kubeconfigs: Record<string, string> = { steady: steady.kubeconfig, dead: seven.kubeconfig };
      const sorted = Object.fromEntries(order.map((name) => [name, kubeconfigs[name] ?? '']));
      const server = await ClustersServer.start(sorted, { READY_CLUSTERS: policy });
      await until(() => server.shows('steady', 3));
      await until(() => server.logged('cluster unreachable') > 0);
      expect((await server.process.probe('/readyz')).status).toBe(status);
      await seven.acceptConnections();
      await server.process.ready();
    },
  );
});
