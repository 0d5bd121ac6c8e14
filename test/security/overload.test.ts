import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../helpers/until.ts';
import { Scene } from './helpers/scene.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await Scene.start({ maxEventLoopDelayMs: 20 });
});
afterAll(() => scene.stop());

/** Keeps the event loop busy, 100 ms at a time, until told to stop. */
function keepBusy(): () => void {
  let stopped = false;
  const work = () => {
    const until = performance.now() + 100;
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
  await until(async () => (await scene.bystander.get('/healthz')).status === 200);
  expect(await scene.bystander.scale('default', 'my-deployment', 9)).toMatchObject({ status: 200 });
}, 15_000);
