import { describe, expect, it } from 'vitest';
import { Access } from '../../../src/cluster/access/access.ts';
import {
  AccessUndecidedError,
  AuthorizerUnavailableError,
  NamespaceNotWatchedError,
  NotSyncedError,
} from '../../../src/cluster/cluster-errors.ts';
import { PiecewiseBody } from '../../../src/lib/piecewise-body.ts';
import { decidedBy } from '../../support/authorizer.ts';
import { buildTestApp, MemoryCluster } from '../../support/build-app.ts';
import { until } from '../../support/until.ts';

const COUNTS = { 'shop/cart': 2, 'a/z': 1, 'a-b/x': 1, 'shop/checkout': 3, 'a/b': 0 };

describe('GET /deployments', () => {
  it('lists the Deployments of all namespaces, sorted by namespace/name', async () => {
    const app = await buildTestApp(new MemoryCluster(COUNTS));
    const response = await app.inject('/deployments');
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(response.body).toBe('{"deployments":["a-b/x","a/b","a/z","shop/cart","shop/checkout"]}');
  });

  it('lists the Deployments of one namespace', async () => {
    const app = await buildTestApp(new MemoryCluster(COUNTS));
    const response = await app.inject('/deployments?namespace=shop');
    expect(response.body).toBe('{"deployments":["shop/cart","shop/checkout"]}');
  });

  it('answers an empty list for a namespace without Deployments', async () => {
    const app = await buildTestApp(new MemoryCluster(COUNTS));
    const response = await app.inject('/deployments?namespace=empty');
    expect(response.statusCode).toBe(200);
    expect(response.body).toBe('{"deployments":[]}');
  });

  it.each([
    'namspace=shop',
    'namespace=',
    'namespace=shop&namespace=a',
    'namespace=SHOP',
    'namespace=shop&x=1',
  ])('refuses the query %s instead of listing everything', async (query) => {
    const app = await buildTestApp(new MemoryCluster(COUNTS));
    const response = await app.inject(`/deployments?${query}`);
    expect(response.json()).toMatchObject({ statusCode: 400, code: 'INVALID_QUERY' });
  });

  it('answers 503 with Retry-After while the cache is being filled', async () => {
    const cluster = new MemoryCluster();
    cluster.list = () => {
      throw new NotSyncedError();
    };
    const response = await (await buildTestApp(cluster)).inject('/deployments');
    expect(response.json()).toMatchObject({ statusCode: 503, code: 'CACHE_NOT_SYNCED' });
    expect(response.headers['retry-after']).toBe('1');
  });

  it('answers 503 with how far the reviews are and when to try again, as long as they are not complete', async () => {
    const cluster = new MemoryCluster();
    cluster.list = () => {
      throw new AccessUndecidedError(61, 7);
    };
    const response = await (await buildTestApp(cluster)).inject('/deployments');
    expect(response.json()).toEqual({
      statusCode: 503,
      code: 'ACCESS_UNDECIDED',
      error: 'Service Unavailable',
      message:
        'The cluster is still being asked in which namespaces this client may list (61 % are decided): try again after the time in Retry-After, or list one namespace',
    });
    expect(response.headers['retry-after']).toBe('7');
  });

  it('answers 503 with the pause after failed reviews in Retry-After', async () => {
    const cluster = new MemoryCluster();
    cluster.list = () => {
      throw new AuthorizerUnavailableError(new Error('down'), 2);
    };
    const response = await (await buildTestApp(cluster)).inject('/deployments');
    expect(response.json()).toMatchObject({ statusCode: 503, code: 'AUTHORIZER_UNAVAILABLE' });
    expect(response.headers['retry-after']).toBe('2');
  });

  it('answers 503, not 403, while the cache is being filled, to a caller who may list some namespaces only', async () => {
    const cluster = new MemoryCluster({});
    cluster.access = new Access(decidedBy(({ namespace }) => namespace === 'shop'));
    cluster.synced = false;
    const app = await buildTestApp(cluster);
    for (const query of ['', '?maxAge=0']) {
      const response = await app.inject(`/deployments${query}`);
      expect(response.json()).toMatchObject({ statusCode: 503, code: 'CACHE_NOT_SYNCED' });
    }
    cluster.synced = true;
    expect((await app.inject('/deployments')).json()).toMatchObject({ statusCode: 403, code: 'FORBIDDEN' });
  });

  it('shares one buffer per encoding among all answers with the same list, and drops both when it changes', async () => {
    const names = Array.from({ length: 1_000 }, (_, index) => [`shop/cart-${index}`, 1]);
    const cluster = new MemoryCluster(Object.fromEntries(names));
    const app = await buildTestApp(cluster);
    const sent: unknown[] = [];
    app.addHook('onSend', async (_request, _reply, payload) => {
      sent.push(payload instanceof PiecewiseBody ? payload.content : payload);
    });
    const ask = (encoding: string) =>
      app.inject({ url: '/deployments', headers: { 'accept-encoding': encoding } });
    const bodies = async () => {
      await until(async () => (await ask('gzip')).headers['content-encoding'] === 'gzip');
      sent.length = 0;
      for (const encoding of ['gzip', 'identity', 'gzip', 'identity']) await ask(encoding);
      return [...sent];
    };
    const before = await bodies();
    expect(before[2]).toBe(before[0]);
    expect(before[3]).toBe(before[1]);
    cluster.add('shop/new', 1);
    const after = await bodies();
    expect(new Set([...before, ...after]).size).toBe(4);
  });

  it('answers 404 for a namespace that is not watched', async () => {
    const cluster = new MemoryCluster();
    cluster.list = () => {
      throw new NamespaceNotWatchedError('other');
    };
    const response = await (await buildTestApp(cluster)).inject('/deployments?namespace=other');
    expect(response.json()).toMatchObject({ statusCode: 404, code: 'NAMESPACE_NOT_WATCHED' });
  });
});
