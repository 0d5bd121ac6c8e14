import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { buildTestApp } from '../../support/build-app.ts';
import { testLimits } from '../../support/limits.ts';
import { until } from '../../support/until.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval'] }));
afterEach(() => void vi.useRealTimers());

const TIB = 1024 ** 4;

it('overload: requests are refused while the process exceeds its memory limit', async () => {
  const app = await buildTestApp(undefined, { limits: { ...testLimits, maxMemoryBytes: 1 } });
  expect((await app.inject('/healthz')).statusCode).toBe(200);
  vi.advanceTimersByTime(250);
  const { statusCode, headers, body } = await app.inject('/healthz');
  expect([statusCode, headers['retry-after']]).toEqual([503, '1']);
  expect(JSON.parse(body)).toMatchObject({ code: 'OVERLOADED' });
  expect(app.limited.requests.overload).toBe(1);
});

it.each([
  ['above the size of the process', TIB],
  ['of 0, which is none', 0],
])('overload: a memory limit %s refuses no request', async (_title, maxMemoryBytes) => {
  const app = await buildTestApp(undefined, { limits: { ...testLimits, maxMemoryBytes } });
  vi.advanceTimersByTime(60_000);
  expect((await app.inject('/healthz')).statusCode).toBe(200);
});

it('overload: requests are refused after two late seconds of the event loop in a row, not after one', async () => {
  const app = await buildTestApp(undefined, { limits: { ...testLimits, maxEventLoopDelayMs: 60_000 } });
  const status = async () => (await app.inject('/healthz')).statusCode;
  // A second that passes in one turn of the loop is late. The first one is not late, because the loop turned before it.
  await turnOfTheLoop();
  vi.advanceTimersByTime(2_000);
  expect(await status()).toBe(200);
  await turnOfTheLoop();
  vi.advanceTimersByTime(1_000);
  expect(await status()).toBe(200);
  await turnOfTheLoop();
  vi.advanceTimersByTime(3_000);
  expect(await status()).toBe(503);
});

/** Resolves once a monitor of the event loop has a value. That of the plugin then has one too. */
async function turnOfTheLoop(): Promise<void> {
  const monitor = monitorEventLoopDelay({ resolution: 10 });
  monitor.enable();
  await until(() => monitor.count > 1);
  monitor.disable();
}
