import { afterEach, expect, it, vi } from 'vitest';
import { buildTestApp, MemoryCluster } from '../../support/build-app.ts';
import { testLimits } from '../../support/limits.ts';
import { until } from '../../support/until.ts';

afterEach(() => void vi.useRealTimers());

/** The app with these limits on a cluster whose health is known once `answer` is called. */
async function waiting(limits: Partial<typeof testLimits>) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cluster = new MemoryCluster();
  const checkHealth = vi.spyOn(cluster, 'checkHealth').mockReturnValue(promise);
  const app = await buildTestApp(cluster, { limits: { ...testLimits, ...limits } });
  const running = async (count: number) => until(() => checkHealth.mock.calls.length === count);
  return { app, running, answer: resolve };
}

it('requests under way: beyond the limit a request is refused until another one is answered', async () => {
  const { app, running, answer } = await waiting({ maxRequests: 2, maxRequestsPerClient: 2 });
  const slow = [app.inject('/healthz'), app.inject('/healthz')];
  await running(2);
  const refused = await app.inject('/deployments');
  expect(refused.statusCode).toBe(503);
  expect(refused.json()).toMatchObject({ code: 'OVERLOADED' });
  expect(app.limited.requests.in_all).toBe(1);
  answer();
  expect((await Promise.all(slow)).map(({ statusCode }) => statusCode)).toEqual([200, 200]);
  expect((await app.inject('/deployments')).statusCode).toBe(200);
});

it('requests under way: a connection that has reached its maximum age is closed after the answer', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const { app, running, answer } = await waiting({ maxConnectionAgeSeconds: 60 });
  const young = await app.inject('/deployments');
  const old = app.inject('/healthz');
  await running(1);
  vi.advanceTimersByTime(60_001);
  answer();
  expect((await old).headers.connection).toBe('close');
  expect(young.headers.connection).not.toBe('close');
});
