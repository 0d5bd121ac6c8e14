import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import type { EventReader } from '../../support/event-reader.ts';
import { EventReaders } from '../../support/event-scene.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { TestService } from '../../support/service.ts';
import { until } from '../../support/until.ts';

/** Many readers at once, of whom some read slowly or not at all. STREAM_READERS: how many; `make soak-random` takes 1,000. */
const READERS = Number(process.env.STREAM_READERS ?? 200);
const SLOW = 10;
const DEAF = 10;
const CHANGES = 100;
const KIB = 1024;
/** For work that takes a busy machine a while. It only ends a failed test. */
const LIMIT_MS = 300_000;
vi.setConfig({ testTimeout: LIMIT_MS });
/** Of one Deployment. It makes frames of almost as much as one reader may hold. */
const LONG_NAME = 'x'.repeat(12 * KIB);

let demo: FakeApiServer;
let service: TestService;
const readers = new EventReaders();

beforeEach(async () => {
  demo = await FakeApiServer.start({ rolloutDelayMs: Number.POSITIVE_INFINITY });
  const annotations = { 'argocd.argoproj.io/tracking-id': `${LONG_NAME}:apps/Deployment:loud/siren` };
  demo.deployments.create({ namespace: 'loud', name: 'siren', marks: { annotations } });
});
afterEach(async () => {
  readers.closeAll();
  await service.stop();
  await demo.stop();
});

async function open(path: string, count: number, pauses: boolean): Promise<EventReader[]> {
  const opened: EventReader[] = [];
  while (opened.length < count) {
    // A few at a time: the handshakes are made in this process too.
    const some = Array.from({ length: Math.min(20, count - opened.length) }, () =>
      readers.open(service, path),
    );
    opened.push(...(await Promise.all(some)));
  }
  await Promise.all(opened.map((reader) => reader.next('ready')));
  if (pauses) for (const reader of opened) reader.pause();
  return opened;
}

/**
 * Makes 50 large changes, and waits until a reader has got what followed them: so readers that read stay in the ring.
 * @returns how many there have been
 */
async function beLoud(before: number, witness: EventReader): Promise<number> {
  const now = before + 50;
  for (let replicas = before + 1; replicas <= now; replicas += 1)
    demo.deployments.scale('loud', 'siren', replicas);
  demo.deployments.scale('payments', 'ledger', 1_000 + now);
  await until(() => witness.events.at(-1)?.data.replicas === 1_000 + now, LIMIT_MS);
  return now;
}

/** Keeps these connections from being cut after 30 s without reading, which a busy machine needs before they read on. */
function neverCut(sockets: readonly Socket[]): void {
  const connections = [...service.app.clientConnections.values()].filter(({ socket }) =>
    sockets.includes(socket),
  );
  const timer = setInterval(() => {
    for (const { running } of connections) {
      for (const entry of running.values())
        if (entry.readyAt !== undefined) entry.readyAt = performance.now();
    }
  }, 1_000);
  onTestFinished(() => clearInterval(timer));
}

/** The bytes that each connection holds in this process. */
const pending = () => [...service.app.clientConnections.values()].map(({ socket }) => socket.writableLength);

it(`${READERS} readers of every change: those that do not read hold 16 KiB each, and the others get all in order`, async () => {
  service = await TestService.start({
    kubeconfig: demo.kubeconfig,
    limits: {
      maxStreams: 2_000,
      maxStreamsPerClient: 2_000,
      maxConnections: 3_000,
    },
  });
  await service.synced();
  const quick = await open('/events?namespace=shop', READERS - SLOW - DEAF - 1, false);
  const [witness] = await open('/events?namespace=payments', 1, false);
  if (witness === undefined) throw new Error('no witness');
  const slow = await open('/events', SLOW, true);
  await open('/events', DEAF, true);
  expect(service.app.longLived.streams).toBe(READERS);

  // More than the kernel takes for those that do not read, and since then more than the ring holds.
  const unread = [...service.app.clientConnections.values()].slice(-SLOW - DEAF).map(({ socket }) => socket);
  neverCut(unread);
  let [loud, delivered, since] = [0, 0, 0];
  await until(async () => {
    loud = await beLoud(loud, witness);
    const now = unread.reduce((sum, socket) => sum + socket.bytesWritten - socket.writableLength, 0);
    if (now !== delivered) [delivered, since] = [now, loud];
    return unread.every(({ writableLength }) => writableLength > 0) && loud - since > 500;
  }, LIMIT_MS);
  for (let i = 1; i <= CHANGES; i += 1) demo.deployments.scale('shop', 'cart', 1_000 + i);
  const expected = Array.from({ length: CHANGES }, (_, i) => 1_001 + i);
  for (const reader of quick) {
    await until(() => reader.events.length > CHANGES);
    expect(reader.of('changed').map(({ data }) => data.replicas)).toEqual(expected);
    expect(reader.events).toHaveLength(CHANGES + 1);
  }
  // Besides the bytes of events there are those that frame their pieces.
  for (const bytes of pending()) expect(bytes).toBeLessThanOrEqual(17 * KIB);

  // Those that read on are told that they have missed something, and then miss nothing more.
  for (const reader of slow) reader.resume();
  let replicas = 5_000;
  const isBack = (reader: EventReader) =>
    reader.of('changed').some(({ data }) => Number(data.replicas) > 5_000);
  await until(() => {
    // What happens before the last reset of a reader is not told to it.
    replicas += 1;
    demo.deployments.scale('shop', 'cart', replicas);
    return slow.every(isBack);
  }, LIMIT_MS);
  for (const reader of slow) {
    let before = 0;
    for (const { type, data, id } of reader.events.slice(1)) {
      if (data.deployment === 'siren') {
        const now = Number(data.replicas);
        if (before > 0) expect(now).toBe(before + 1);
        before = now;
      }
      if (type === 'reset') before = 0;
      expect(Number(id)).toBeGreaterThan(0);
    }
  }
  expect(service.app.limited.connections.slow_reader).toBe(0);
  expect(service.app.longLived.streams).toBe(READERS);
});

it('a reader that never reads is cut in time, and others are not', async () => {
  service = await TestService.start({
    kubeconfig: demo.kubeconfig,
    limits: { answerTimeoutSeconds: 4 },
    heartbeatMs: 30,
  });
  await service.synced();
  const [quick] = await open('/events?namespace=shop', 1, false);
  const [witness] = await open('/events?namespace=payments', 1, false);
  if (witness === undefined) throw new Error('no witness');
  const [deaf] = await open('/events', 1, true);
  const before = service.app.longLived.streams;
  let loud = 0;
  await until(async () => {
    loud = await beLoud(loud, witness);
    return service.app.longLived.streams === before - 1;
  }, LIMIT_MS);
  expect(service.app.limited.connections.slow_reader).toBe(1);
  deaf?.close();
  demo.deployments.scale('shop', 'cart', 9);
  await quick?.next('changed', ({ replicas }) => replicas === 9);
});
