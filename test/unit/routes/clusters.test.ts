import type { FastifyInstance } from 'fastify';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Access } from '../../../src/cluster/access/access.ts';
import { NotSyncedError } from '../../../src/cluster/cluster-errors.ts';
import { KubeCircuitOpenError } from '../../../src/kube/kube-errors.ts';
import { decidedBy } from '../../support/authorizer.ts';
import { buildTestApp, MemoryCluster } from '../../support/build-app.ts';
import { until } from '../../support/until.ts';

const TARGET = 'namespace=default&deployment=my-deployment';
const one = () => new MemoryCluster({ 'default/my-deployment': 1, 'shop/cart': 7 }, 'one');
const two = () => new MemoryCluster({ 'default/my-deployment': 2 }, 'two');
const post = (app: FastifyInstance, url: string, replicas: number) =>
  app.inject({ method: 'POST', url, payload: { replicas } });

describe('a path with the name of a cluster', () => {
  it('reads from that cluster, and a path without a name reads from the first', async () => {
    const app = await buildTestApp([one(), two()]);
    const counts = ['', '/one', '/two'].map(async (prefix) => {
      const answer = await app.inject(`${prefix}/replica-count?${TARGET}`);
      return answer.json();
    });
    expect(await Promise.all(counts)).toEqual([
      { replicaCount: 1 },
      { replicaCount: 1 },
      { replicaCount: 2 },
    ]);
    expect((await app.inject('/two/deployments')).json()).toEqual({ deployments: ['default/my-deployment'] });
    expect((await app.inject('/two/healthz')).json()).toEqual({ status: 'OK' });
  });

  it('writes to that cluster only, with the new and the old name of the write', async () => {
    const [first, second] = [one(), two()];
    const app = await buildTestApp([first, second]);
    expect((await post(app, `/two/replica-count?${TARGET}`, 5)).json()).toEqual({ replicaCount: 5 });
    expect((await post(app, `/two/set-replica-count?${TARGET}`, 6)).json()).toEqual({ replicaCount: 6 });
    expect(first.writes).toEqual([]);
    expect(second.writes).toEqual(['default/my-deployment=5 by client', 'default/my-deployment=6 by client']);
  });

  it('serves the old name of the write, which paths without a cluster do not', async () => {
    const cluster = one();
    const app = await buildTestApp([cluster]);
    expect((await post(app, `/set-replica-count?${TARGET}`, 5)).statusCode).toBe(404);
    expect(cluster.writes).toEqual([]);
  });

  it.each(['/three', '/ONE', '/one%2f', '/healthz', '/deployments', '/clusters'])(
    'answers 404 and changes nothing if the cluster does not exist: %s',
    async (prefix) => {
      const cluster = one();
      const app = await buildTestApp([cluster]);
      for (const url of [
        `${prefix}/replica-count?${TARGET}`,
        `${prefix}/healthz`,
        `${prefix}/replica-count?x`,
      ]) {
        expect((await app.inject(url)).statusCode).toBe(404);
      }
      expect((await post(app, `${prefix}/set-replica-count?${TARGET}`, 5)).statusCode).toBe(404);
      expect(cluster.writes).toEqual([]);
    },
  );

  it('names the cluster that does not exist', async () => {
    const app = await buildTestApp([one()]);
    expect((await app.inject(`/three/replica-count?${TARGET}`)).json()).toEqual({
      statusCode: 404,
      code: 'CLUSTER_NOT_FOUND',
      error: 'Not Found',
      message: 'There is no cluster three: GET /clusters lists the clusters',
    });
  });

  it('answers 405 with Allow if the method is wrong, and 404 if the cluster is', async () => {
    const app = await buildTestApp([one()]);
    const wrong = await app.inject({ method: 'DELETE', url: '/one/replica-count' });
    expect([wrong.statusCode, wrong.headers.allow]).toEqual([405, 'GET, HEAD, POST']);
    expect((await app.inject({ method: 'GET', url: '/one/set-replica-count' })).headers.allow).toBe('POST');
    expect((await app.inject({ method: 'DELETE', url: '/three/replica-count' })).statusCode).toBe(404);
  });
});

describe('GET /clusters', () => {
  it('lists the clusters with their states, the default one first', async () => {
    const [first, second, third] = [one(), two(), new MemoryCluster({}, 'three')];
    second.state = 'syncing';
    third.state = 'unreachable';
    const app = await buildTestApp([first, second, third]);
    expect((await app.inject('/clusters')).json()).toEqual({
      clusters: [
        { name: 'one', default: true, state: 'ready', authorizer: 'available' },
        { name: 'two', default: false, state: 'syncing', authorizer: 'available' },
        { name: 'three', default: false, state: 'unreachable', authorizer: 'available' },
      ],
    });
  });

  it('shows a cluster that cannot decide the rights of clients although its API server is reachable', async () => {
    const [first, second] = [one(), two()];
    second.reviews = { ...second.reviews, state: 'unavailable' };
    const app = await buildTestApp([first, second]);
    expect((await app.inject('/clusters')).json()).toEqual({
      clusters: [
        { name: 'one', default: true, state: 'ready', authorizer: 'available' },
        { name: 'two', default: false, state: 'ready', authorizer: 'unavailable' },
      ],
    });
  });

  it('accepts no parameter', async () => {
    const app = await buildTestApp();
    expect((await app.inject('/clusters?namespace=x')).json()).toMatchObject({ code: 'INVALID_QUERY' });
  });
});

describe('GET /clusters/deployments', () => {
  it('lists the Deployments of every cluster, of all namespaces or of one', async () => {
    const app = await buildTestApp([one(), two()]);
    const all = await app.inject('/clusters/deployments');
    expect(all.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(all.json()).toEqual({
      clusters: [
        { name: 'one', deployments: ['default/my-deployment', 'shop/cart'] },
        { name: 'two', deployments: ['default/my-deployment'] },
      ],
    });
    expect((await app.inject('/clusters/deployments?namespace=shop')).json()).toEqual({
      clusters: [
        { name: 'one', deployments: ['shop/cart'] },
        { name: 'two', deployments: [] },
      ],
    });
  });

  it('shows the error of a cluster that cannot be listed next to the lists of the others', async () => {
    const [syncing, dead, well] = [one(), new MemoryCluster({}, 'dead'), two()];
    syncing.list = () => {
      throw new NotSyncedError();
    };
    dead.access = new Access(decidedBy(() => Promise.reject(new KubeCircuitOpenError(1))));
    const app = await buildTestApp([syncing, dead, well]);
    const answer = await app.inject('/clusters/deployments');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      clusters: [
        { name: 'one', error: { code: 'CACHE_NOT_SYNCED' } },
        { name: 'dead', error: { code: 'KUBERNETES_UNREACHABLE' } },
        { name: 'two', deployments: ['default/my-deployment'] },
      ],
    });
  });

  it('contains the Deployments of each cluster that its RBAC allows the caller to list', async () => {
    const [some, none, all] = [one(), new MemoryCluster({ 'a/b': 1 }, 'none'), two()];
    some.access = new Access(decidedBy(({ namespace }) => namespace === 'shop'));
    none.access = new Access(decidedBy(() => false));
    const app = await buildTestApp([some, none, all]);
    expect((await app.inject('/clusters/deployments')).json()).toEqual({
      clusters: [
        { name: 'one', deployments: ['shop/cart'] },
        {
          name: 'none',
          error: {
            code: 'FORBIDDEN',
            message:
              'client may not list deployments in any namespace: an administrator of the cluster has to grant it',
          },
        },
        { name: 'two', deployments: ['default/my-deployment'] },
      ],
    });
  });

  function stopClock(): void {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
  }

  it('gives the age of the oldest list, and the namespaces that are missing', async () => {
    stopClock();
    const [young, old, absent] = [one(), two(), new MemoryCluster({}, 'absent')];
    young.reading = { ageMs: 100, resourceVersion: '7', unavailable: ['team-a'] };
    old.reading = { ageMs: 4_100, resourceVersion: '9', unavailable: [] };
    absent.list = () => {
      throw new NotSyncedError();
    };
    const app = await buildTestApp([young, old, absent]);
    const { headers } = await app.inject('/clusters/deployments');
    expect(headers.age).toBe('5');
    expect(headers['x-unavailable-namespaces']).toBe('one/team-a');
    expect(headers['x-resource-version']).toBeUndefined();
  });

  it('adds the time that other clusters took to the age of a list', async () => {
    stopClock();
    const [quick, slow] = [one(), two()];
    quick.reading = { ...quick.reading, ageMs: 2_100 };
    const { promise: decision, resolve: decide } = Promise.withResolvers<boolean>();
    slow.access = new Access(decidedBy(() => decision));
    const app = await buildTestApp([quick, slow]);
    const lists = vi.spyOn(quick, 'list');
    const answer = app.inject('/clusters/deployments');
    await until(() => lists.mock.calls.length === 1);
    vi.advanceTimersByTime(1_000);
    decide(true);
    expect((await answer).headers.age).toBe('4');
  });

  it('shares one buffer among all callers that see the same list, and another one after a change', async () => {
    const [first, second] = [one(), two()];
    const app = await buildTestApp([first, second]);
    const sent: unknown[] = [];
    app.addHook('onSend', async (_request, _reply, payload) => void sent.push(payload));
    const answers = [];
    for (const replicas of [undefined, undefined, 5]) {
      if (replicas !== undefined) second.add('shop/new', replicas);
      answers.push((await app.inject('/clusters/deployments')).json());
    }
    expect(sent[1]).toBe(sent[0]);
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toMatchObject({
      clusters: [{}, { deployments: ['default/my-deployment', 'shop/new'] }],
    });
  });

  it('shares one buffer per namespace and visible set of Deployments, in any order of the requests', async () => {
    const namespaces = Array.from({ length: 20 }, (_, index) => `ns-${index}`);
    const deployments = Object.fromEntries(namespaces.map((name) => [`${name}/a-deployment`, 1]));
    const [some, all] = [new MemoryCluster({}, 'some'), new MemoryCluster(deployments, 'all')];
    let mayList = true;
    some.access = new Access(decidedBy(() => mayList));
    const app = await buildTestApp([some, all]);
    const sent: unknown[] = [];
    app.addHook('onSend', async (_request, _reply, payload) => void sent.push(payload));
    for (let round = 0; round < 4; round += 1) {
      mayList = round % 2 === 0;
      for (const name of namespaces) await app.inject(`/clusters/deployments?namespace=${name}`);
    }
    const rounds = [0, 1, 2, 3].map((round) => sent.slice(round * 20, (round + 1) * 20));
    expect(new Set(sent).size).toBe(40);
    for (const index of namespaces.keys()) {
      expect(rounds[2]?.[index]).toBe(rounds[0]?.[index]);
      expect(rounds[3]?.[index]).toBe(rounds[1]?.[index]);
    }
  });

  it('refuses unknown parameters', async () => {
    const app = await buildTestApp();
    for (const query of ['maxAge=1', 'namespace=', 'namespace=a&namespace=b', 'cluster=one']) {
      expect((await app.inject(`/clusters/deployments?${query}`)).json()).toMatchObject({
        code: 'INVALID_QUERY',
      });
    }
  });
});
