import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventReaders } from '../../support/event-scene.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { TestService } from '../../support/service.ts';
import { until } from '../../support/until.ts';

/** GET /clusters/events: the events of all clusters in one stream. */
let one: FakeApiServer;
let two: FakeApiServer;
let service: TestService;
const readers = new EventReaders();

beforeEach(async () => {
  const options = { rolloutDelayMs: Number.POSITIVE_INFINITY, bookmarkIntervalMs: 20 };
  [one, two] = await Promise.all([FakeApiServer.start(options), FakeApiServer.start(options)]);
  one.roles.allow({ users: ['client', 'alice'], verbs: ['list'], resources: ['deployments'] });
  two.roles.allow({ users: ['client'], verbs: ['list'], resources: ['deployments'] });
  service = await TestService.start({
    kubeconfig: { one: one.kubeconfig, two: two.kubeconfig },
    authorization: 'SubjectAccessReview',
    heartbeatMs: 30,
  });
  await service.synced();
});
afterEach(async () => {
  readers.closeAll();
  await service.stop();
  await Promise.all([one.stop(), two.stop()]);
});

describe('the events of all clusters', () => {
  it('name their cluster, and resume where each of them was', async () => {
    const reader = await readers.open(service, '/clusters/events?namespace=shop');
    const ready = await reader.next('ready');
    expect(ready.data).toEqual({ clusters: { one: expect.any(String), two: expect.any(String) } });
    one.deployments.scale('shop', 'cart', 11);
    const inOne = await reader.next('changed', ({ cluster }) => cluster === 'one');
    expect(inOne.data).toMatchObject({ cluster: 'one', deployment: 'cart', replicas: 11 });
    expect(inOne.id).toMatch(/^one=\d+;two=\d+$/);
    reader.close();
    two.deployments.scale('shop', 'cart', 22);
    one.deployments.scale('shop', 'cart', 12);
    const again = await readers.open(service, '/clusters/events?namespace=shop', { lastEventId: inOne.id });
    await until(() => again.events.length === 3);
    expect(
      again
        .of('changed')
        .map(({ data }) => `${data.cluster}=${data.replicas}`)
        .sort(),
    ).toEqual(['one=12', 'two=22']);
    expect(again.of('reset')).toEqual([]);
  });

  it('are those of the clusters in which the caller may list', async () => {
    const client = await service.authority.issue({ commonName: 'alice', usages: ['clientAuth'] });
    const alice = await readers.open(service, '/clusters/events', { client });
    expect(Object.keys(Object((await alice.next('ready')).data.clusters))).toEqual(['one']);
    two.deployments.scale('shop', 'cart', 22);
    const { resourceVersion } = one.deployments.scale('shop', 'cart', 11);
    await alice.next('changed');
    await until(() => alice.lastEventId === `one=${resourceVersion}`);
    expect(alice.of('changed').map(({ data }) => data.cluster)).toEqual(['one']);
  });

  it('of one cluster go on while another one cannot be reached', async () => {
    const reader = await readers.open(service, '/clusters/events');
    await reader.next('ready');
    await two.refuseConnections();
    await until(() => service.app.fleet.get('two')?.state === 'unreachable');
    one.deployments.scale('shop', 'cart', 11);
    await reader.next('changed', ({ cluster }) => cluster === 'one');
    await two.acceptConnections();
    two.deployments.scale('shop', 'cart', 22);
    await reader.next('changed', ({ cluster }) => cluster === 'two');
    expect(reader.of('end')).toEqual([]);
  });

  it('end when a cluster is added, replaced or removed; those of an untouched cluster go on', async () => {
    const specs = ['one', 'two'].map((name) => specOf(name, name));
    const only = await readers.open(service, '/one/events');
    await only.next('ready');
    const changes = [
      [...specs, specOf('three', 'two')],
      [specOf('one', 'one'), specOf('two', 'two', ['shop'])],
      [specOf('one', 'one')],
    ];
    for (const changed of changes) {
      await until(
        () => service.app.fleet.ready && service.app.fleet.clusters.every(([, { synced }]) => synced),
      );
      const fleet = await readers.open(service, '/clusters/events');
      await fleet.next('ready');
      service.app.fleet.update(changed);
      expect((await fleet.next('end')).data).toEqual({ reason: 'clusters' });
      await until(() => fleet.closed);
    }
    one.deployments.scale('shop', 'cart', 11);
    await only.next('changed', ({ replicas }) => replicas === 11);
  });

  it('end for a reader of a cluster that is removed', async () => {
    const two = await readers.open(service, '/two/events');
    await two.next('ready');
    service.app.fleet.update([specOf('one', 'one')]);
    expect((await two.next('end')).data).toEqual({ reason: 'clusters' });
    expect(await readers.open(service, '/two/events')).toMatchObject({ status: 404 });
  });
});

describe('the events of the default cluster, of a path without a cluster', () => {
  it('end when another cluster becomes the default, and ids of the former one are answered with reset', async () => {
    const [atRoot, ofOne] = [
      await readers.open(service, '/events'),
      await readers.open(service, '/one/events'),
    ];
    const lastEventId = String(one.deployments.scale('shop', 'cart', 11).resourceVersion);
    for (const reader of [atRoot, ofOne]) await reader.next('changed', ({ replicas }) => replicas === 11);
    // Both clusters have the same resourceVersions, so an id of the one could be taken for an id of the other.
    two.deployments.scale('shop', 'cart', 22);
    two.deployments.scale('shop', 'cart', 23);
    const before = await readers.open(service, '/events', { lastEventId });
    await before.next('ready');
    service.app.fleet.update([specOf('one', 'one'), specOf('two', 'two')]);
    one.deployments.scale('shop', 'cart', 12);
    for (const reader of [atRoot, ofOne]) await reader.next('changed', ({ replicas }) => replicas === 12);

    service.app.fleet.update([specOf('two', 'two'), specOf('one', 'one')]);
    for (const reader of [atRoot, before]) {
      expect((await reader.next('end')).data).toEqual({ reason: 'clusters' });
      await until(() => reader.closed);
      expect(reader.of('reset')).toEqual([]);
    }
    one.deployments.scale('shop', 'cart', 13);
    await ofOne.next('changed', ({ replicas }) => replicas === 13);
    const again = await readers.open(service, '/events', { lastEventId });
    await again.next('reset');
    two.deployments.scale('shop', 'cart', 24);
    await again.next('changed', ({ replicas }) => replicas === 24);
    expect(again.events.map(({ type }) => type)).toEqual(['ready', 'reset', 'changed']);
    expect(again.events[0]?.id).toBeUndefined();
    // The id of a named cluster still holds.
    const resumed = await readers.open(service, '/one/events', { lastEventId });
    await resumed.next('changed', ({ replicas }) => replicas === 13);
    expect(resumed.of('reset')).toEqual([]);
  });

  it('end at once if another cluster becomes the default before they begin', async () => {
    const action = () => void service.app.fleet.update([specOf('two', 'two'), specOf('one', 'one')]);
    one.faults.add({ on: 'review', fault: { type: 'call', action }, times: 1 });
    const client = await service.authority.issue({ commonName: 'alice', usages: ['clientAuth'] });
    const alice = await readers.open(service, '/events', { client });
    expect((await alice.next('end')).data).toEqual({ reason: 'clusters' });
    expect(alice.events).toHaveLength(1);
  });
});

function specOf(name: string, kubeconfig: string, namespaces: readonly string[] = []) {
  const path = service.kubeconfigOf(kubeconfig);
  return { name, kubeconfig: path, contextName: undefined, namespaces, server: undefined };
}
