import { describe, expect, it } from 'vitest';
import { Access } from '../../../src/cluster/access/access.ts';
import { NotSyncedError } from '../../../src/cluster/cluster-errors.ts';
import { decidedBy } from '../../support/authorizer.ts';
import { buildTestApp, MemoryCluster } from '../../support/build-app.ts';
import { rail } from '../../support/rails.ts';

const QUERY = 'namespace=default&deployment=my-deployment';
const PATH = `/limits?${QUERY}`;

describe('GET /limits', () => {
  it('answers what holds together, where it comes from, and how old that is', async () => {
    const cluster = new MemoryCluster();
    cluster.reading = { ageMs: 1_200, resourceVersion: '77', unavailable: [] };
    cluster.rails = [
      rail('rule production', { min: 2, max: 20, maxStep: { percent: 50 }, allowZero: true }),
      rail('rule nights', { maxStep: { replicas: 4 } }),
      rail('annotation k8s-deployment-scaler/max', { max: 10 }),
    ];
    const app = await buildTestApp([new MemoryCluster({}, 'first'), cluster]);
    const { statusCode, headers, body } = await app.inject(`/default${PATH}`);
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({ age: '2', 'x-resource-version': '77' });
    expect(headers).not.toHaveProperty('etag');
    expect(JSON.parse(body)).toEqual({
      namespace: 'default',
      deployment: 'my-deployment',
      replicas: 3,
      min: 2,
      max: 10,
      maxStep: 2,
      allowZero: true,
      rails: [
        { from: 'rule production', min: 2, max: 20, maxStep: '50%', allowZero: true },
        { from: 'rule nights', maxStep: '4' },
        { from: 'annotation k8s-deployment-scaler/max', max: 10 },
      ],
      may: { read: true, scale: true },
    });
    expect((await app.inject(PATH)).json()).toMatchObject({ statusCode: 404, code: 'DEPLOYMENT_NOT_FOUND' });
  });

  it('answers the reason of a protection, of any characters, and HEAD with the headers of GET', async () => {
    const cluster = new MemoryCluster();
    cluster.rails = [rail('rule frozen', { protected: 'Inventur 棚卸し "heute"' })];
    const app = await buildTestApp(cluster);
    const [get, head] = [await app.inject(PATH), await app.inject({ method: 'HEAD', url: PATH })];
    expect(get.json()).toMatchObject({ protected: 'Inventur 棚卸し "heute"', allowZero: true });
    expect(get.headers['content-length']).toBe(String(get.rawPayload.length));
    expect(head).toMatchObject({ statusCode: 200, body: '' });
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
  });

  it('answers that nothing limits the count', async () => {
    const { body } = await (await buildTestApp()).inject(PATH);
    expect(JSON.parse(body)).toEqual({
      namespace: 'default',
      deployment: 'my-deployment',
      replicas: 3,
      allowZero: true,
      rails: [],
      may: { read: true, scale: true },
    });
  });

  it.each([
    ['get', { read: true, scale: false }],
    ['patch', { read: false, scale: true }],
  ])('needs one right and says which there are: %s', async (verb, may) => {
    const cluster = new MemoryCluster();
    cluster.access = new Access(decidedBy((attributes) => attributes.verb === verb));
    const app = await buildTestApp(cluster);
    expect((await app.inject(PATH)).json()).toMatchObject({ replicas: 3, may });
  });

  it('is refused without any right, whether the Deployment exists or not', async () => {
    const cluster = new MemoryCluster();
    cluster.access = new Access(decidedBy(() => false));
    const app = await buildTestApp(cluster);
    for (const path of [PATH, '/limits?namespace=default&deployment=nothing']) {
      expect((await app.inject(path)).json()).toMatchObject({
        statusCode: 403,
        code: 'FORBIDDEN',
        message: expect.stringContaining('get deployments/scale in namespace default'),
      });
    }
  });

  it('is answered with 503 before the Deployments have been read', async () => {
    const cluster = new MemoryCluster();
    cluster.deployment = () => {
      throw new NotSyncedError();
    };
    expect((await (await buildTestApp(cluster)).inject(PATH)).json()).toMatchObject({
      statusCode: 503,
      code: 'CACHE_NOT_SYNCED',
    });
  });

  it.each([
    '/limits',
    '/limits?namespace=default',
    '/limits?deployment=my-deployment',
    `${PATH}&deployment=other`,
    `${PATH}&maxAge=0`,
    `${PATH}&replicas=3`,
    '/limits?namespace=Default&deployment=my-deployment',
  ])('is refused with 400: %s', async (path) => {
    const answer = await (await buildTestApp()).inject(path);
    expect(answer.json()).toMatchObject({ statusCode: 400, code: 'INVALID_QUERY' });
  });
});

describe('a write that a rail refuses', () => {
  it.each(['', '&force=true', '&dryRun=true'])('is answered with 422 and the forecast: %s', async (query) => {
    const cluster = new MemoryCluster();
    cluster.rail = 'rule production: at most 10 (20 asked); allowed are 2 to 10';
    const app = await buildTestApp(cluster);
    for (const path of ['/replica-count', '/default/replica-count', '/default/set-replica-count']) {
      const answer = await app.inject({
        method: 'POST',
        url: `${path}?${QUERY}${query}`,
        payload: { replicas: 20 },
      });
      expect(answer.json()).toEqual({
        statusCode: 422,
        code: 'RAIL',
        error: 'Unprocessable Entity',
        message: `Nothing was changed, because of a rail: ${cluster.rail}`,
      });
      expect(answer.headers['x-replicas-forecast']).toBe('holds');
    }
    expect(cluster.writes).toEqual([]);
  });
});
