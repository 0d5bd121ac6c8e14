import type { InjectOptions } from 'fastify';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { buildTestApp, MemoryCluster } from '../../support/build-app.ts';
import { testLimits } from '../../support/limits.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

const COUNT = '/replica-count?namespace=default&deployment=my-deployment';

/** The app with these limits, and functions that return the status of a read and of a write by a user. */
async function limited(limits: { readsPerSecond?: number; writesPerSecond?: number }) {
  let user = '';
  const app = await buildTestApp(new MemoryCluster(), {
    limits: { ...testLimits, ...limits },
    identify: () => ({ kind: 'client', user, groups: [] }),
  });
  const statusOf = async (by: string, request: InjectOptions) => {
    user = by;
    return (await app.inject(request)).statusCode;
  };
  return {
    app,
    read: (by: string, url = COUNT) => statusOf(by, { url }),
    write: (by: string, url = COUNT) => statusOf(by, { method: 'POST', url, payload: { replicas: 2 } }),
  };
}

it('rate limits: reads and writes are counted apart', async () => {
  const { read, write } = await limited({ readsPerSecond: 2, writesPerSecond: 1 });
  expect([await read('a'), await write('a'), await read('a')]).toEqual([200, 200, 200]);
  expect([await read('a'), await write('a')]).toEqual([429, 429]);
});

it('rate limits: each user is counted by name', async () => {
  const { write } = await limited({ writesPerSecond: 1 });
  expect([await write('a'), await write('a'), await write('b')]).toEqual([200, 429, 200]);
});

it('rate limits: requests with unknown paths and wrong methods count too', async () => {
  const { read, write } = await limited({ readsPerSecond: 1, writesPerSecond: 1 });
  expect([await read('a', '/nope'), await read('a')]).toEqual([404, 429]);
  expect([await write('a', '/deployments'), await write('a')]).toEqual([405, 429]);
});

it('rate limits: a refused user is served again after a second', async () => {
  const { write } = await limited({ writesPerSecond: 1 });
  expect([await write('a'), await write('a')]).toEqual([200, 429]);
  vi.advanceTimersByTime(999);
  expect(await write('a')).toBe(429);
  vi.advanceTimersByTime(1);
  expect(await write('a')).toBe(200);
});

it('rate limits: 0 means unlimited', async () => {
  const { read, write } = await limited({ readsPerSecond: 0, writesPerSecond: 0 });
  for (let count = 0; count < 20; count += 1) expect([await read('a'), await write('a')]).toEqual([200, 200]);
});

it('rate limits: a refusal has a Retry-After', async () => {
  const { app, read } = await limited({ readsPerSecond: 1 });
  await read('a');
  const { headers, body } = await app.inject(COUNT);
  expect(headers['retry-after']).toBe('1');
  expect(JSON.parse(body)).toMatchObject({ statusCode: 429, code: 'RATE_LIMITED' });
});
