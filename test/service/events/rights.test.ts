import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { EventReader } from '../../support/event-reader.ts';
import { EventReaders } from '../../support/event-scene.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { defaultDecisionTimes } from '../../support/limits.ts';
import { TestService } from '../../support/service.ts';
import { until } from '../../support/until.ts';

/** What a reader may see, over time: rights are asked for again and again. */
let demo: FakeApiServer;
let service: TestService;
let readers: EventReaders;

const list = { verbs: ['list'], resources: ['deployments'] };

beforeEach(async () => {
  demo = await FakeApiServer.start({ rolloutDelayMs: Number.POSITIVE_INFINITY, bookmarkIntervalMs: 20 });
  readers = new EventReaders();
  service = await TestService.start({
    kubeconfig: demo.kubeconfig,
    authorization: 'SubjectAccessReview',
    // By default a right that is given back would be found after half a minute.
    decisionTimes: { ...defaultDecisionTimes, deniedSeconds: 0 },
    timing: { access: { listRights: { holdsMs: 50, retryMs: 20 } } },
    heartbeatMs: 30,
  });
  onTestFinished(async () => {
    readers.closeAll();
    await service.stop();
    await demo.stop();
  });
  await service.synced();
});

async function open(user: string, path = '/events'): Promise<EventReader> {
  const client = await service.authority.issue({ commonName: user, usages: ['clientAuth'] });
  return readers.open(service, path, { client });
}

/** The namespaces of the events that a reader has got. */
const namespacesOf = (reader: EventReader) => [
  ...new Set(reader.events.flatMap(({ data }) => (data.namespace === undefined ? [] : [data.namespace]))),
];

describe('a caller without rights', () => {
  it('is refused before the stream begins', async () => {
    for (const path of ['/events', '/events?namespace=shop', '/clusters/events'])
      expect(await open('nobody', path)).toMatchObject({ status: 403, error: { code: 'FORBIDDEN' } });
    demo.roles.allow({ users: ['alice'], ...list, namespaces: ['shop'] });
    expect(await open('alice', '/events?namespace=payments')).toMatchObject({ status: 403 });
    expect(service.app.longLived.streams).toBe(0);
  });
});

describe('a reader of some namespaces', () => {
  it('sees only those; of new ones those that it may list, after it is told to read all again', async () => {
    demo.roles.allow({ users: ['alice'], ...list, namespaces: ['shop', 'new'] });
    const alice = await open('alice');
    await alice.next('ready');
    for (const namespace of ['secret', 'new', 'secret-too'])
      demo.deployments.create({ namespace, name: 'web', replicas: 2 });
    await alice.next('reset');
    demo.deployments.scale('new', 'web', 3);
    demo.deployments.scale('payments', 'ledger', 9);
    demo.deployments.scale('shop', 'cart', 9);
    demo.deployments.delete('secret', 'web');
    const { resourceVersion } = demo.deployments.scale('shop', 'cart', 10);
    await alice.next('changed', ({ replicas }) => replicas === 10);
    expect(
      alice.events
        .slice(1)
        .map(({ type, data }) => `${type} ${data.namespace}/${data.deployment}=${data.replicas}`),
    ).toEqual([
      'reset undefined/undefined=undefined',
      'changed new/web=3',
      'changed shop/cart=9',
      'changed shop/cart=10',
    ]);
    expect(Number(alice.lastEventId)).toBe(resourceVersion);
  });

  it('is told to read all again when it gets the right to a namespace in which nothing happened before', async () => {
    for (const name of ['old-1', 'old-2'])
      demo.deployments.create({ namespace: 'payments', name, replicas: 2 });
    demo.roles.allow({ users: ['alice'], ...list, namespaces: ['shop'] });
    await until(() => service.cluster.replicasOf('payments', 'old-2') === 2);
    const alice = await open('alice');
    await alice.next('ready');
    demo.roles.allow({ users: ['alice'], ...list, namespaces: ['payments'] });
    demo.deployments.scale('payments', 'old-2', 3);
    await until(() => alice.events.length > 1);
    expect(alice.events[1]?.type).toBe('reset');
    demo.deployments.scale('payments', 'old-2', 4);
    await alice.next('changed', ({ replicas }) => replicas === 4);
    expect(alice.of('reset').length).toBe(1);
  });

  it('is told to read all again when it may see more or less', async () => {
    demo.roles.allow({ users: ['alice'], ...list, namespaces: ['shop', 'payments'] });
    const alice = await open('alice');
    await alice.next('ready');
    const giveBack = demo.roles.withdraw({ users: ['alice'], ...list, namespaces: ['payments'] });
    await alice.next('reset');
    demo.deployments.scale('payments', 'ledger', 9);
    demo.deployments.scale('shop', 'cart', 9);
    await alice.next('changed', ({ replicas }) => replicas === 9);
    expect(namespacesOf(alice)).toEqual(['shop']);
    giveBack();
    // Its denial is forgotten when all is asked again. It shows with the next change.
    await until(async () => {
      demo.deployments.touch('payments', 'ledger');
      return alice.of('reset').length === 2;
    });
    demo.deployments.scale('payments', 'ledger', 10);
    await alice.next('changed', ({ replicas, namespace }) => replicas === 10 && namespace === 'payments');
  });

  it('is ended when it may list none of them any longer', async () => {
    demo.roles.allow({ users: ['alice'], ...list, namespaces: ['shop', 'payments'] });
    const [alice, one] = [await open('alice'), await open('alice', '/events?namespace=shop')];
    await Promise.all([alice.next('ready'), one.next('ready')]);
    demo.roles.withdraw({ users: ['alice'], ...list });
    for (const reader of [alice, one]) {
      expect((await reader.next('end')).data).toEqual({ reason: 'rights' });
      await until(() => reader.closed);
    }
    expect(await open('alice')).toMatchObject({ status: 403 });
  });
});

describe('a reader of all namespaces', () => {
  it('is ended when its role is removed, and others are not', async () => {
    for (const users of [['alice'], ['bob']]) demo.roles.allow({ users, ...list });
    const [alice, fleet, bob] = [
      await open('alice'),
      await open('alice', '/clusters/events'),
      await open('bob'),
    ];
    await Promise.all([alice.next('ready'), fleet.next('ready'), bob.next('ready')]);
    demo.roles.withdraw({ users: ['alice'], ...list });
    for (const reader of [alice, fleet])
      expect((await reader.next('end')).data).toEqual({ reason: 'rights' });
    demo.deployments.scale('shop', 'cart', 9);
    await bob.next('changed');
    expect(bob.of('end')).toEqual([]);
  });

  it('keeps its stream in an outage of the API server, and goes on after it', async () => {
    demo.roles.allow({ users: ['alice'], ...list });
    const alice = await open('alice');
    await alice.next('ready');
    const before = alice.heartbeats;
    await demo.refuseConnections();
    await until(() => service.cluster.state === 'unreachable' && alice.heartbeats > before + 10);
    expect(alice.of('end')).toEqual([]);
    await demo.acceptConnections();
    demo.deployments.scale('shop', 'cart', 9);
    await alice.next('changed', ({ replicas }) => replicas === 9);
  });
});
