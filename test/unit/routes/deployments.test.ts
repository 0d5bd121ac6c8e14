import { describe, expect, it } from 'vitest';
import { Access } from '../../../src/cluster/access/access.ts';
import {
  AccessUndecidedError,
  AuthorizerUnavailableError,
  NamespaceNotWatchedError,
  NotSyncedError,
} from '../../../src/cluster/cluster-errors.ts';
import { KubeBusyError } from '../../../src/kube/kube-errors.ts';
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

  it('lists the Deployments that a label selector matches', async () => {
    const cluster = new MemoryCluster({ 'shop/plain': 1 });
    cluster.add('shop/cart', 1, ['app', 'cart', 'tier', 'web']);
    cluster.add('shop/api', 1, ['app', 'api', 'tier', 'web']);
    cluster.add('a/cart', 1, ['app', 'cart']);
    const app = await buildTestApp(cluster);
    const ask = async (query: string) => (await app.inject(`/deployments?${query}`)).json().deployments;
    for (const freshness of ['', '&maxAge=0']) {
      expect(await ask(`labelSelector=app%3Dcart${freshness}`)).toEqual(['a/cart', 'shop/cart']);
      expect(await ask(`labelSelector=app+in+(cart,api)&namespace=shop${freshness}`)).toEqual([
        'shop/api',
        'shop/cart',
      ]);
      expect(await ask(`labelSelector=!tier${freshness}`)).toEqual(['a/cart', 'shop/plain']);
      expect(await ask(`labelSelector=nothing${freshness}`)).toEqual([]);
    }
    expect(await ask('labelSelector=')).toEqual(await ask(''));
  });

  it('lists the Deployments that a label selector matches in the namespaces that the caller may list', async () => {
    const cluster = new MemoryCluster({});
    cluster.access = new Access(decidedBy(({ namespace }) => namespace === 'shop'));
    for (const name of ['shop/cart', 'secret/cart']) cluster.add(name, 1, ['app', 'cart']);
    const app = await buildTestApp(cluster);
    for (const query of ['', '&maxAge=0']) {
      const { body } = await app.inject(`/deployments?labelSelector=app${query}`);
      expect(body).toBe('{"deployments":["shop/cart"]}');
    }
  });

  it('refuses a label selector that Kubernetes would refuse, and says where it goes wrong', async () => {
    const app = await buildTestApp(new MemoryCluster(COUNTS));
    const response = await app.inject('/deployments?labelSelector=app+in+(cart');
    expect(response.json()).toEqual({
      statusCode: 400,
      code: 'INVALID_QUERY',
      error: 'Bad Request',
      message: 'query parameter labelSelector: expected "," or ")" at character 13',
    });
  });

  it.each([
    `labelSelector=${'a,'.repeat(512)}a`,
    'labelSelector=a&labelSelector=b',
    'labelselector=a',
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

  it('answers 503 with Retry-After if too many lists by selector are being built', async () => {
    const cluster = new MemoryCluster();
    cluster.knownSelected = () => {
      throw new KubeBusyError();
    };
    const response = await (await buildTestApp(cluster)).inject('/deployments?labelSelector=app');
    expect(response.json()).toMatchObject({ statusCode: 503, code: 'CLUSTER_BUSY' });
    expect(response.headers['retry-after']).toBeDefined();
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
