import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EventReader, type EventReaderOptions } from '../../support/event-reader.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { TestService } from '../../support/service.ts';
import { until } from '../../support/until.ts';

/** GET /events on a real TLS socket: what is sent, and to whom. */
let demo: FakeApiServer;
let service: TestService;
const readers: EventReader[] = [];

beforeAll(async () => {
  demo = await FakeApiServer.start({ rolloutDelayMs: Number.POSITIVE_INFINITY, bookmarkIntervalMs: 20 });
  service = await TestService.start({ kubeconfig: demo.kubeconfig, heartbeatMs: 30 });
  await service.synced();
});
afterEach(() => {
  for (const reader of readers.splice(0)) reader.close();
});
afterAll(async () => {
  await service.stop();
  await demo.stop();
});

async function open(path: string, options?: EventReaderOptions): Promise<EventReader> {
  const { cert, key } = service.client;
  const target = { port: service.port, ca: service.authority.cert, cert, key };
  const reader = await EventReader.open(target, path, options);
  readers.push(reader);
  return reader;
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
    const { body } = await service.get('/deployments/shop/cart');
    expect(changed.data).toEqual(body);
    expect(changed.data).toMatchObject({ replicas: 9, deployment: 'cart' });
    await until(() => reader.heartbeats > 1);
    expect(Number(reader.lastEventId)).toBeGreaterThanOrEqual(resourceVersion);
  });
});
