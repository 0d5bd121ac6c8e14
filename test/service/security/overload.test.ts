import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Scene } from '../../support/security/scene.ts';
import { until } from '../../support/until.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await Scene.start({ maxEventLoopDelayMs: 100 });
});
afterAll(() => scene.stop());

/** Blocks the event loop for 300 ms at a time until it is told to stop. */
function keepBusy(): () => void {
  let stopped = false;
  const work = () => {
    const until = performance.now() + 300;
    while (performance.now() < until);
    if (!stopped) setImmediate(work);
  };
  setImmediate(work);
  return () => {
    stopped = true;
  };
}

it('a service that cannot keep up refuses with 503 and Retry-After, writes nothing, and serves again afterwards', async () => {
  const stop = keepBusy();
  try {
    await until(async () => (await scene.bystander.get('/healthz')).status === 503);
    for (const answer of [
      await scene.bystander.get('/deployments'),
      await scene.bystander.scale('default', 'my-deployment', 9),
      await scene.bystander.get('/nope'),
    ]) {
      expect(answer).toMatchObject({
        status: 503,
        headers: { 'retry-after': '1', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
        body: { statusCode: 503, code: 'OVERLOADED', error: 'Service Unavailable' },
      });
    }
  } finally {
    stop();
  }
  expect(scene.demo.requests.count('patchScale')).toBe(0);
  await until(async () => (await scene.bystander.scale('default', 'my-deployment', 9)).status === 200);
});

/**
 * Asks for /healthz for this many quarters of a second.
 * @returns the statuses; undefined if the event loop was late in this time, so that refusing would be right
 */
async function statusesInCalm(quarters: number): Promise<Set<number> | undefined> {
  const delays = monitorEventLoopDelay({ resolution: 10 });
  const statuses = new Set<number>();
  let answeredAt = performance.now();
  for (let quarter = 0; quarter < quarters; quarter += 1) {
    const startedAt = performance.now();
    delays.reset();
    delays.enable();
    while (performance.now() - startedAt < 250) {
      statuses.add((await scene.bystander.get('/healthz')).status);
      // A pause, which `delays` misses at its begin.
      if (performance.now() - answeredAt > 300) return undefined;
      answeredAt = performance.now();
    }
    delays.disable();
    // The mean is NaN if the loop did not turn once, hence the negation.
    if (!(delays.mean / 1e6 - 10 <= 50)) return undefined;
  }
  return statuses;
}

it('a single long pause of the event loop does not make the service refuse requests', async () => {
  // On a busy machine the seconds before and after the pause may be late as well: try again.
  let statuses: Set<number> | undefined;
  await until(async () => {
    if ((await statusesInCalm(8)) === undefined) return false;
    const pausedAt = performance.now();
    while (performance.now() - pausedAt < 3_000);
    statuses = await statusesInCalm(6);
    return statuses !== undefined;
  }, 280_000);
  expect([...(statuses ?? [])]).toEqual([200]);
}, 300_000);
