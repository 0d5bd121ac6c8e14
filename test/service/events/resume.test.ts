import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Random } from '../../soak/chaos/random.ts';
import type { EventReader, ReceivedEvent } from '../../support/event-reader.ts';
import { EventReaders } from '../../support/event-scene.ts';
import { type DemoClusterOptions, FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { at } from '../../support/kube-requests.ts';
import { type ServiceOptions, TestService } from '../../support/service.ts';
import { until } from '../../support/until.ts';

/** Readers that come back with the id of the last event that they have got, to the same replica or to another. */
let demo: FakeApiServer;
let readers: EventReaders;

async function demoWith(options: DemoClusterOptions = {}): Promise<void> {
  demo = await FakeApiServer.start({
    rolloutDelayMs: Number.POSITIVE_INFINITY,
    bookmarkIntervalMs: 20,
    ...options,
  });
  const stopped = demo;
  onTestFinished(() => stopped.stop());
}

/** Replicas are as far as each other sooner or later: on a busy machine that may take longer than in production. */
const PATIENT = { ringBytes: 4 * 1024 * 1024, aheadMs: 60_000 };

async function replica(options: Partial<ServiceOptions> = {}): Promise<TestService> {
  const service = await TestService.start({
    kubeconfig: demo.kubeconfig,
    heartbeatMs: 30,
    timing: { events: PATIENT },
    ...options,
  });
  onTestFinished(async () => {
    readers.closeAll();
    await service.stop();
  });
  return await service.synced();
}

beforeEach(() => {
  readers = new EventReaders();
});

const textOf = ({ type, data }: ReceivedEvent) => `${type} ${data.deployment}=${data.replicas}`;
/** What a reader was told of Deployments. */
const changesOf = (events: readonly ReceivedEvent[]) =>
  events.filter(({ type }) => type === 'changed' || type === 'gone').map(textOf);

/** Whether `whole` is what `parts` is without repetitions of what was already there. */
function withoutRepeats(parts: readonly (readonly string[])[], whole: readonly string[]): void {
  const joined: string[] = [];
  for (const part of parts) {
    // A reader gets at least what follows its id, so a part may begin with what is known already.
    const start = part.length === 0 ? joined.length : whole.indexOf(part[0] ?? '');
    expect(start).toBeGreaterThanOrEqual(0);
    expect(start).toBeLessThanOrEqual(joined.length);
    joined.splice(start, joined.length - start, ...part);
  }
  expect(joined).toEqual(whole);
}

describe('a reader that is cut again and again', () => {
  it.each([1, 2, 3])('loses nothing, on whichever replica it goes on (seed %i)', async (seed) => {
    await demoWith();
    const services = [await replica(), await replica()];
    const [first] = services;
    if (first === undefined) throw new Error('no replica');
    const random = new Random(seed);
    const steady = await readers.open(first, '/events');
    await steady.next('ready');
    const parts: string[][] = [];
    let lastEventId = (await steady.next('ready')).id;
    let changes = 0;
    const nameOf = () => (changes % 3 === 0 ? 'cart' : 'checkout');
    const newest = () => `changed ${nameOf()}=${1_000 + changes}`;
    const change = () => {
      changes += 1;
      // A count that never comes again, so that each change can be recognised.
      demo.deployments.scale('shop', nameOf(), 1_000 + changes);
    };
    for (let cut = 0; cut < 25; cut += 1) {
      const service = services[random.between(0, 1)] ?? first;
      const events: ReceivedEvent[] = [];
      const wanted = random.between(0, 3);
      for (let i = random.between(0, 5); i > 0; i -= 1) change();
      const reader: EventReader = await readers.open(service, '/events', {
        lastEventId,
        onEvent: (event) => void events.push(event),
      });
      for (let i = random.between(0, 5); i > 0; i -= 1) change();
      const hasAll = () => [...parts.flat(), ...changesOf(events)].at(-1) === newest() || changes === 0;
      await until(() => events.length > 0 && (changesOf(events).length >= wanted || hasAll()));
      reader.close();
      await until(() => reader.closed);
      expect(events.map(({ type }) => type)).not.toContain('reset');
      if (reader.lastEventId !== '') lastEventId = reader.lastEventId;
      parts.push(changesOf(events));
    }
    change();
    const events: ReceivedEvent[] = [];
    await readers.open(first, '/events', { lastEventId, onEvent: (event) => void events.push(event) });
    await until(() => changesOf(events).at(-1) === newest() && changesOf(steady.events).length === changes);
    parts.push(changesOf(events));
    withoutRepeats(parts, changesOf(steady.events));
  });

  it('is told reset if another replica has never seen what it missed', async () => {
    await demoWith();
    const one = await replica();
    const reader = await readers.open(one, '/events');
    const { id } = await reader.next('ready');
    demo.deployments.scale('shop', 'cart', 9);
    await reader.next('changed');
    reader.close();
    // It lists what has changed since.
    const two = await replica();
    const again = await readers.open(two, '/events', { lastEventId: id });
    const reset = await again.next('reset');
    expect(again.events.map(({ type }) => type)).toEqual(['ready', 'reset']);
    expect(again.events[0]).toMatchObject({ id: undefined, data: { resourceVersion: reset.id } });
    expect(Number(reset.id)).toBeGreaterThanOrEqual(
      demo.deployments.get('shop', 'cart')?.resourceVersion ?? 0,
    );
    // The reader knows everything up to the id of reset, once it has read the states at that position.
    const { status } = await two.get(`/scale?minResourceVersion=${reset.id}`);
    expect(status).toBe(200);
  });

  it('is told reset if what it missed has fallen out of the ring', async () => {
    await demoWith();
    const service = await replica({ timing: { events: { ringBytes: 32 * 1024, aheadMs: 5_000 } } });
    const reader = await readers.open(service, '/events');
    const { id } = await reader.next('ready');
    // A reader that is as slow as the machine must not fall out too.
    for (let i = 0; i < 200; i += 1) {
      demo.deployments.scale('shop', 'cart', 1_000 + i);
      if (i % 10 === 9) await reader.next('changed', ({ replicas }) => replicas === 1_000 + i);
    }
    const newest = await reader.next('changed', ({ replicas }) => replicas === 1_199);
    await (await readers.open(service, '/events', { lastEventId: id })).next('reset');
    const still = await readers.open(service, '/events', { lastEventId: `${Number(newest.id) - 5}` });
    await until(() => still.events.length === 6);
    expect(changesOf(still.events)).toEqual([5, 4, 3, 2, 1].map((back) => `changed cart=${1_200 - back}`));
    expect(still.of('reset')).toEqual([]);
  });

  it.each(['', 'nonsense', '-5', 'default=12', '1'.repeat(60)])(
    'is told reset if its id is %j',
    async (lastEventId) => {
      await demoWith();
      const service = await replica({ timing: { events: { ringBytes: 100_000, aheadMs: 20 } } });
      const reader = await readers.open(service, '/events', { lastEventId });
      await reader.next('reset');
      expect(reader.events.map(({ type }) => type)).toEqual(['ready', 'reset']);
    },
  );

  it('waits for a replica that is behind', async () => {
    await demoWith({ bookmarkIntervalMs: 60_000 });
    const service = await replica({ timing: { events: { ringBytes: 100_000, aheadMs: 60_000 } } });
    const ahead = demo.resourceVersion + 1;
    const reader = await readers.open(service, '/events', { lastEventId: `${ahead}` });
    expect(reader.status).toBe(200);
    demo.deployments.scale('shop', 'cart', 9);
    demo.deployments.scale('shop', 'cart', 10);
    await reader.next('changed');
    expect(reader.events.map(textOf)).toEqual(['ready undefined=undefined', 'changed cart=10']);
    expect(reader.events[0]?.data).toEqual({ resourceVersion: `${ahead}` });
  });
});

describe('a cluster that is listed again', () => {
  it('has its changes sent without an id but the last', async () => {
    await demoWith();
    const service = await replica();
    const reader = await readers.open(service, '/events');
    await reader.next('ready');
    const before = service.cluster.mirrors[0]?.stats.lists ?? 0;
    await demo.refuseConnections();
    for (const name of ['cart', 'checkout']) demo.deployments.scale('shop', name, 77);
    demo.deployments.delete('payments', 'ledger');
    demo.compact();
    await demo.acceptConnections();
    await reader.next('gone');
    expect(service.cluster.mirrors[0]?.stats.lists).toBeGreaterThan(before);
    const changes = reader.events.slice(1);
    expect(changes.map(textOf).sort()).toEqual([
      'changed cart=77',
      'changed checkout=77',
      expect.stringMatching(/^gone ledger/),
    ]);
    expect(changes.map(({ id }) => id !== undefined)).toEqual([false, false, true]);
    expect(reader.of('reset')).toEqual([]);
  });

  it('from an etcd that was set back begins again for all, and no id from before is trusted', async () => {
    await demoWith();
    const service = await replica({ timing: { events: { ringBytes: 100_000, aheadMs: 20 } } });
    for (let i = 0; i < 100; i += 1) demo.deployments.scale('shop', 'cart', 100 + i);
    await until(async () => at((await service.count('shop', 'cart')).body, 'replicaCount') === 199);
    const reader = await readers.open(service, '/events');
    const { id } = await reader.next('ready');
    await demo.restart({ empty: true });
    demo.deployments.create({ namespace: 'shop', name: 'restored', replicas: 2 });
    const reset = await reader.next('reset');
    expect(Number(reset.id)).toBeLessThan(Number(id));
    // The new history passes the old position.
    while (demo.resourceVersion < Number(id) + 5) demo.deployments.touch('shop', 'restored');
    await until(() => Number(reader.lastEventId) >= demo.resourceVersion);
    for (const old of [id, `${Number(id) - 10}`]) {
      const again = await readers.open(service, '/events', { lastEventId: old });
      await again.next('reset');
    }
    const trusted = await readers.open(service, '/events', { lastEventId: `${Number(id) + 1}` });
    await trusted.next('changed');
    expect(trusted.of('reset')).toEqual([]);
  });
});

describe('several watched namespaces', () => {
  it('lose nothing of either for a reader that is cut', async () => {
    await demoWith();
    const service = await replica({ namespaces: ['shop', 'payments'] });
    const steady = await readers.open(service, '/events');
    let lastEventId = (await steady.next('ready')).id;
    const seen = new Set<string>();
    for (let i = 1; i <= 30; i += 1) {
      const [namespace, name] = i % 3 === 0 ? (['payments', 'ledger'] as const) : (['shop', 'cart'] as const);
      demo.deployments.scale(namespace, name, 1_000 + i);
      const reader = await readers.open(service, '/events', { lastEventId });
      await reader.next('ready');
      if (i % 2 === 0) await reader.next('changed', ({ replicas }) => replicas === 1_000 + i);
      reader.close();
      await until(() => reader.closed);
      expect(reader.of('reset')).toEqual([]);
      for (const change of changesOf(reader.events)) seen.add(change);
      if (reader.lastEventId !== '') lastEventId = reader.lastEventId;
    }
    const end = await readers.open(service, '/events', { lastEventId });
    demo.deployments.scale('shop', 'cart', 2_000);
    demo.deployments.scale('payments', 'ledger', 2_000);
    await until(() => changesOf(end.events).filter((text) => text.endsWith('=2000')).length === 2);
    for (const change of changesOf(end.events)) seen.add(change);
    await until(() => changesOf(steady.events).length >= 32);
    expect([...seen].sort()).toEqual([...new Set(changesOf(steady.events))].sort());
  });
});
