import { describe, expect, it } from 'vitest';
import { Access } from '../../../src/cluster/access/access.ts';
import { NotSyncedError } from '../../../src/cluster/cluster-errors.ts';
import { KubeBusyError } from '../../../src/kube/kube-errors.ts';
import { decidedBy } from '../../support/authorizer.ts';
import { buildTestApp, MemoryCluster } from '../../support/build-app.ts';

const COUNTS = { 'shop/cart': 2, 'a/z': 1, 'a-b/x': 1, 'shop/checkout': 3 };

/** `namespace/deployment=replicas` of each item. */
function itemsIn(body: string): string[] {
  const { items, ...others } = JSON.parse(body);
  expect(others).toEqual({});
  return items.map(
    (item: Record<string, unknown>) => `${item.namespace}/${item.deployment}=${item.replicas}`,
  );
}

describe('GET /scale', () => {
  it('lists the states of the Deployments of all namespaces, sorted as GET /deployments is', async () => {
    const app = await buildTestApp(new MemoryCluster(COUNTS));
    const { statusCode, headers, body } = await app.inject('/scale');
    expect(statusCode).toBe(200);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(itemsIn(body)).toEqual(['a-b/x=1', 'a/z=1', 'shop/cart=2', 'shop/checkout=3']);
    expect((await app.inject('/deployments')).json().deployments).toEqual(
      itemsIn(body).map((item) => item.split('=')[0]),
    );
  });

  it('lists those of one namespace, of a label selector, and of a named cluster', async () => {
    const cluster = new MemoryCluster(COUNTS);
    cluster.add('shop/api', 7, ['app', 'api']);
    cluster.add('a/api', 1, ['app', 'api']);
    const app = await buildTestApp([
      new MemoryCluster({}, 'first'),
      Object.assign(cluster, { name: 'second' }),
    ]);
    const ask = async (path: string) => itemsIn((await app.inject(path)).body);
    expect(await ask('/scale')).toEqual([]);
    expect(await ask('/second/scale?namespace=a')).toEqual(['a/api=1', 'a/z=1']);
    expect(await ask('/second/scale?labelSelector=app%3Dapi')).toEqual(['a/api=1', 'shop/api=7']);
    expect(await ask('/second/scale?labelSelector=app%3Dapi&namespace=shop')).toEqual(['shop/api=7']);
    expect(await ask('/second/scale?namespace=nothing')).toEqual([]);
  });

  it('answers 304 as long as If-None-Match names the ETag, which changes with any state', async () => {
    const cluster = new MemoryCluster(COUNTS);
    const app = await buildTestApp(cluster);
    const first = await app.inject('/scale');
    const headers = { 'if-none-match': String(first.headers.etag) };
    expect(await app.inject({ url: '/scale', headers })).toMatchObject({ statusCode: 304, body: '' });
    cluster.add('shop/cart', 4);
    const changed = await app.inject({ url: '/scale', headers });
    expect(changed.statusCode).toBe(200);
    expect(changed.headers.etag).not.toBe(first.headers.etag);
  });

  it('says how old it is, and what is missing', async () => {
    const cluster = new MemoryCluster(COUNTS);
    cluster.reading = { ageMs: 1_200, resourceVersion: '77', unavailable: ['payments'] };
    const app = await buildTestApp(cluster);
    expect((await app.inject('/scale')).headers).toMatchObject({
      age: '2',
      vary: 'Accept-Encoding',
      'x-resource-version': '77',
      'x-unavailable-namespaces': 'payments',
    });
  });

  it.each([
    ['maxAge=0', 'unknown query parameter: maxAge'],
    ['dryRun=true', 'unknown query parameter: dryRun'],
    ['namespace=A', 'query parameter namespace must match pattern "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"'],
    ['namespace=a&namespace=b', 'query parameter namespace is given more than once'],
    ['labelSelector=a%3D%3D%3Db', expect.stringContaining('query parameter labelSelector: ')],
    ['minResourceVersion=x', expect.stringContaining('query parameter minResourceVersion')],
  ])('refuses %s with 400', async (query, message) => {
    const app = await buildTestApp();
    const response = await app.inject(`/scale?${query}`);
    expect(response.json()).toMatchObject({ statusCode: 400, code: 'INVALID_QUERY', message });
  });

  it('answers 405 to a method that neither reads nor writes', async () => {
    const app = await buildTestApp();
    const { statusCode, headers } = await app.inject({ method: 'PUT', url: '/scale', payload: {} });
    expect({ statusCode, allow: headers.allow }).toEqual({ statusCode: 405, allow: 'GET, HEAD, POST' });
  });

  it('shows only the namespaces that the caller may list', async () => {
    const cluster = new MemoryCluster(COUNTS);
    cluster.access = new Access(decidedBy(({ namespace }) => namespace === 'shop'));
    const app = await buildTestApp(cluster);
    for (const query of ['', '?namespace=shop'])
      expect(itemsIn((await app.inject(`/scale${query}`)).body)).toEqual(['shop/cart=2', 'shop/checkout=3']);
    expect((await app.inject('/scale?namespace=a')).json()).toMatchObject({
      statusCode: 403,
      code: 'FORBIDDEN',
      message: expect.stringContaining('list deployments in namespace a'),
    });
  });

  it.each([
    [new NotSyncedError(), 503, 'CACHE_NOT_SYNCED'],
    [new KubeBusyError(), 503, 'CLUSTER_BUSY'],
  ])('answers %s', async (error, statusCode, code) => {
    const cluster = new MemoryCluster();
    cluster.knownStates = () => {
      throw error;
    };
    const app = await buildTestApp(cluster);
    const response = await app.inject('/scale');
    expect(response.json()).toMatchObject({ statusCode, code });
    expect(response.headers['retry-after']).toBeDefined();
  });
});
