import { expect, it, vi } from 'vitest';
import { buildTestApp, MemoryCluster } from '../../support/build-app.ts';
import { until } from '../../support/until.ts';

it('drain: requests are still served, and each answer asks its client to reconnect elsewhere', async () => {
  const app = await buildTestApp();
  expect(app.isDraining()).toBe(false);
  expect((await app.inject('/healthz')).headers.connection).not.toBe('close');
  app.startDraining();
  expect(app.isDraining()).toBe(true);
  for (const [url, status] of [
    ['/healthz', 200],
    ['/nope', 404],
  ] as const) {
    const { statusCode, headers } = await app.inject(url);
    expect([statusCode, headers.connection]).toEqual([status, 'close']);
  }
});

it('drain: a close of the app starts it, and a running request finishes', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cluster = new MemoryCluster();
  const checkHealth = vi.spyOn(cluster, 'checkHealth').mockReturnValue(promise);
  const app = await buildTestApp(cluster);
  const running = app.inject('/healthz');
  await until(() => checkHealth.mock.calls.length === 1);
  const closed = app.close();
  await until(() => app.isDraining());
  resolve();
  const { statusCode, headers } = await running;
  expect([statusCode, headers.connection]).toEqual([200, 'close']);
  await closed;
});
