import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { EventReaderOptions } from '../../support/event-reader.ts';
import { EventReaders } from '../../support/event-scene.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { at } from '../../support/kube-requests.ts';
import { RawConnection } from '../../support/security/raw.ts';
import { type ServiceOptions, TestService } from '../../support/service.ts';
import { until } from '../../support/until.ts';

/** GET /events on a real TLS socket: what is sent, what is refused, and how it ends. */
let demo: FakeApiServer;
let service: TestService;
const readers = new EventReaders();

beforeAll(async () => {
  demo = await FakeApiServer.start({ rolloutDelayMs: Number.POSITIVE_INFINITY, bookmarkIntervalMs: 20 });
  service = await TestService.start({ kubeconfig: demo.kubeconfig, heartbeatMs: 30 });
  await service.synced();
  // A frame that was made before would tell that it does not know them.
  await service.autoscalersKnown('shop');
});
afterEach(() => readers.closeAll());
afterAll(async () => {
  await service.stop();
  await demo.stop();
});

/** Creates a Deployment of which no reader that begins later is told. */
async function create(namespace: string, name: string, replicas: number, labels = {}): Promise<void> {
  const marks = { labels };
  const { resourceVersion } = demo.deployments.create({ namespace, name, replicas, marks });
  const path = `/deployments/${namespace}/${name}?minResourceVersion=${resourceVersion}`;
  expect(await service.get(path)).toMatchObject({ status: 200 });
}

const open = (path: string, options?: EventReaderOptions) => readers.open(service, path, options);

/** Another service for the same cluster, which ends with the test. */
async function another(options: Partial<ServiceOptions>): Promise<TestService> {
  const other = await TestService.start({ kubeconfig: demo.kubeconfig, heartbeatMs: 30, ...options });
  onTestFinished(async () => {
    readers.closeAll();
    await other.stop();
  });
  return await other.synced();
}

describe('GET /events', () => {
  it('begins with its position, and sends each change as GET /scale lists it', async () => {
    const reader = await open('/events');
    expect(reader.status).toBe(200);
    expect(reader.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
    });
    const ready = await reader.next('ready');
    expect(ready).toEqual({ type: 'ready', data: { resourceVersion: ready.id }, id: ready.id });
    const { resourceVersion } = demo.deployments.scale('shop', 'cart', 9);
    const changed = await reader.next('changed');
    expect(changed.id).toBe(`${resourceVersion}`);
    expect(changed.data).toEqual((await service.get('/deployments/shop/cart')).body);
    expect(changed.data).toMatchObject({ replicas: 9, deployment: 'cart' });
  });

  it('is at /{cluster}/events too', async () => {
    const reader = await open('/default/events');
    await reader.next('ready');
    demo.deployments.scale('shop', 'cart', 10);
    await reader.next('changed', ({ replicas }) => replicas === 10);
  });

  it('gives a young id to a reader for whom nothing happens', async () => {
    const reader = await open('/events?namespace=payments');
    await reader.next('ready');
    const { resourceVersion } = demo.deployments.scale('shop', 'cart', 11);
    await until(() => Number(reader.lastEventId) >= resourceVersion);
    await until(() => reader.heartbeats > 2);
    expect(reader.events).toHaveLength(1);
  });

  it('sends gone with the last state, and changed for one that has come back', async () => {
    await create('shop', 'passing', 2);
    const reader = await open('/events');
    await reader.next('ready');
    demo.deployments.scale('shop', 'passing', 5);
    demo.deployments.recreate('shop', 'passing', 7);
    demo.deployments.delete('shop', 'passing');
    await until(() => reader.of('gone').length === 2);
    const all = reader.events.filter(({ data }) => data.deployment === 'passing');
    expect(all.map(({ type, data }) => `${type} ${data.replicas}`)).toEqual([
      'changed 5',
      'gone 5',
      'changed 7',
      'gone 7',
    ]);
  });

  it('names who changed a count that the service had set', async () => {
    const reader = await open('/events?namespace=shop');
    await reader.next('ready');
    expect(await service.scale('shop', 'checkout', 4)).toMatchObject({ status: 200 });
    await reader.next('changed', ({ replicas }) => replicas === 4);
    demo.deployments.scale('shop', 'checkout', 1);
    const { data, id } = await reader.next('overridden');
    expect(data).toEqual({
      namespace: 'shop',
      deployment: 'checkout',
      by: 'kubectl',
      at: expect.any(String),
      from: 4,
      to: 1,
    });
    expect(id).toBeUndefined();
    const changed = await reader.next('changed', ({ replicas }) => replicas === 1);
    expect(changed.data.overridden).toMatchObject({ by: 'kubectl', from: 4, to: 1, at: data.at });
  });

  it('sends only what the namespace and the selector name; what the selector no longer matches is gone', async () => {
    for (const namespace of ['shop', 'payments']) await create(namespace, 'front', 1, { tier: 'web' });
    const selected = await open('/events?labelSelector=tier%20in%20(web,api)&namespace=shop');
    const all = await open('/events');
    await Promise.all([selected.next('ready'), all.next('ready')]);
    demo.deployments.scale('shop', 'cart', 12);
    demo.deployments.scale('payments', 'front', 2);
    demo.deployments.scale('shop', 'front', 2);
    demo.deployments.label('shop', 'front', { tier: 'api' });
    demo.deployments.label('shop', 'front', { tier: 'batch' });
    demo.deployments.scale('shop', 'front', 3);
    demo.deployments.label('shop', 'front', { tier: 'web' });
    await until(() => selected.events.length === 5);
    expect(
      selected.events.slice(1).map(({ type, data }) => `${type} ${data.namespace}/${data.deployment}`),
    ).toEqual(['changed shop/front', 'changed shop/front', 'gone shop/front', 'changed shop/front']);
    await until(() => all.of('changed').length === 7);
    expect(all.of('gone')).toEqual([]);
    for (const namespace of ['shop', 'payments']) demo.deployments.delete(namespace, 'front');
  });

  it.each([
    ['/events', { accept: 'application/json' }, 406, 'NOT_ACCEPTABLE'],
    ['/clusters/events', { accept: 'text/event-stream;q=0' }, 406, 'NOT_ACCEPTABLE'],
    ['/events?namespace=Shop', {}, 400, 'INVALID_QUERY'],
    ['/events?labelSelector=a%20b', {}, 400, 'INVALID_QUERY'],
    ['/events?since=5', {}, 400, 'INVALID_QUERY'],
    ['/clusters/events?labelSelector=!', {}, 400, 'INVALID_QUERY'],
    ['/nowhere/events', {}, 404, 'CLUSTER_NOT_FOUND'],
  ])('GET %s with %j is refused before it begins', async (path, headers, status, code) => {
    const reader = await open(path, { headers });
    expect(reader).toMatchObject({ status, error: { code } });
    await until(() => service.app.longLived.streams === 0);
  });

  it('HEAD has the headers of GET and nothing more', async () => {
    for (const path of ['/events', '/clusters/events']) {
      const head = await open(path, { method: 'HEAD' });
      expect(head.status).toBe(200);
      expect(head.headers['content-type']).toBe('text/event-stream');
      expect([head.complete, head.error, head.events]).toEqual([true, undefined, []]);
      expect(await open(path, { method: 'HEAD', headers: { accept: 'text/html' } })).toMatchObject({
        status: 406,
      });
    }
    await until(() => service.app.longLived.streams === 0);
  });

  it('takes a place, which is given back when its client has gone', async () => {
    const other = await another({ limits: { maxStreams: 3, maxStreamsPerClient: 2 } });
    const first = await readers.open(other, '/events');
    const second = await readers.open(other, '/clusters/events');
    await Promise.all([first.next('ready'), second.next('ready')]);
    const refused = await readers.open(other, '/events');
    expect(refused).toMatchObject({ status: 429, error: { code: 'TOO_MANY_STREAMS' } });
    expect(refused.headers['retry-after']).toBe('1');
    first.close();
    await until(() => other.app.longLived.streams === 1);
    await (await readers.open(other, '/events')).next('ready');
  });

  it('is 503 until the cache is filled', async () => {
    demo.faults.add({ on: 'list', fault: { type: 'status', code: 500 } });
    demo.faults.add({ on: 'watch', fault: { type: 'status', code: 500 } });
    const other = await TestService.start({ kubeconfig: demo.kubeconfig, heartbeatMs: 30 });
    onTestFinished(async () => {
      readers.closeAll();
      await other.stop();
    });
    expect(await readers.open(other, '/events')).toMatchObject({
      status: 503,
      error: { code: 'CACHE_NOT_SYNCED' },
    });
    const fleet = await readers.open(other, '/clusters/events');
    expect((await fleet.next('ready')).data).toEqual({ clusters: {} });
    demo.faults.clear();
    // A cluster that can be followed later begins with reset, because everything in it is new to the reader.
    const reset = await fleet.next('reset');
    expect(reset.data).toEqual({ cluster: 'default' });
    expect(reset.id).toMatch(/^default=\d+$/);
  });
});

describe('a stream ends', () => {
  it('with the reason age when its connection is old, and the connection closes', async () => {
    const other = await another({ limits: { maxConnectionAgeSeconds: 0.05 } });
    const reader = await readers.open(other, '/events');
    expect((await reader.next('end')).data).toEqual({ reason: 'age' });
    await until(() => reader.closed);
    expect(reader.complete).toBe(true);
    await until(() => other.app.longLived.streams === 0);
  });

  it('with the reason drain when the service stops, which does not wait for it', async () => {
    const other = await TestService.start({ kubeconfig: demo.kubeconfig });
    await other.synced();
    const all = await Promise.all(['/events', '/clusters/events'].map((path) => readers.open(other, path)));
    await Promise.all(all.map((reader) => reader.next('ready')));
    other.app.startDraining();
    // It is served on until the service closes.
    demo.deployments.scale('shop', 'cart', 13);
    for (const reader of all) await reader.next('changed');
    await other.stop();
    for (const reader of all) {
      await until(() => reader.closed);
      expect([reader.events.at(-1), reader.complete]).toEqual([
        { type: 'end', data: { reason: 'drain' }, id: undefined },
        true,
      ]);
    }
  });

  it('with the reason revoked when its certificate no longer passes', async () => {
    const other = await another({});
    const [mine, theirs] = [
      await readers.open(other, '/events'),
      await readers.open(other, '/events', { client: await clientOf(other, 'bob') }),
    ];
    await Promise.all([mine.next('ready'), theirs.next('ready')]);
    other.app.recheckClients((certificate) => !certificate.subject.includes('bob'));
    expect((await theirs.next('end')).data).toEqual({ reason: 'revoked' });
    await until(() => theirs.closed);
    demo.deployments.scale('shop', 'cart', 14);
    await mine.next('changed', ({ replicas }) => replicas === 14);
    expect(mine.of('end')).toEqual([]);
  });

  it('when its client sends something that is not a request, so that nothing is left when the service stops', async () => {
    const other = await another({});
    const { cert, key } = other.client;
    const connection = await RawConnection.open({ port: other.port, ca: other.authority.cert, cert, key });
    connection.send('GET /events HTTP/1.1\r\nHost: a\r\n\r\n');
    await until(() => connection.received.includes('event: ready'));
    connection.send('nonsense\r\n\r\n');
    await connection.ended();
    expect(connection.received).not.toContain('event: end');
    await until(() => other.app.longLived.streams === 0);
    connection.close();
  });

  it.each(['/events', '/clusters/events'])('before it begins: the client of %s goes first', async (path) => {
    const other = await another({
      authorization: 'SubjectAccessReview',
      limits: { maxStreamsPerClient: 1 },
    });
    const reviewed = Promise.withResolvers<void>();
    demo.roles.allow({ users: ['impatient'], verbs: ['list'], resources: ['deployments'] });
    const fault = demo.faults.add({
      on: 'review',
      fault: { type: 'call', action: () => reviewed.promise },
    });
    const { cert, key } = await clientOf(other, 'impatient');
    const target = { port: other.port, ca: other.authority.cert, cert, key };
    const connection = await RawConnection.open(target);
    connection.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await until(() => fault.hits > 0);
    connection.close();
    await until(() => other.app.clientConnections.size === 0);
    fault.remove();
    reviewed.resolve();
    // There is one place, so the first one that comes back to it tells that it was given back.
    const reader = await readers.open(other, path, { client: await clientOf(other, 'impatient') });
    await reader.next('ready');
  });

  it('without a trace when its client goes', async () => {
    const other = await another({});
    const reader = await readers.open(other, '/events');
    await reader.next('ready');
    reader.close();
    await until(() => other.app.longLived.streams === 0);
    demo.deployments.scale('shop', 'cart', 15);
    expect(at((await other.get('/healthz')).body, 'status')).toBe('OK');
  });
});

function clientOf({ authority }: TestService, commonName: string) {
  return authority.issue({ commonName, usages: ['clientAuth'] });
}
