import { afterAll, beforeAll, expect, it } from 'vitest';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { at } from '../../support/kube-requests.ts';
import { logTo } from '../../support/log-to.ts';
import { TestService } from '../../support/service.ts';
import { until } from '../../support/until.ts';

/** Writes that the API server answers with an error, and makes later. */
const OURS = { manager: 'k8s-deployment-scaler', operation: 'Apply', subresource: 'scale' } as const;
const lines: Record<string, unknown>[] = [];
let demo: FakeApiServer;
let service: TestService;

beforeAll(async () => {
  demo = await FakeApiServer.start({ rolloutDelayMs: Number.POSITIVE_INFINITY });
  service = await TestService.start({
    kubeconfig: demo.kubeconfig,
    logStream: logTo((line) => void lines.push(JSON.parse(line))),
  });
  await service.synced();
});
afterAll(async () => {
  await service.stop();
  await demo.stop();
});

const scaledEvents = () =>
  demo.events.filter(({ reason }) => reason === 'Scaled').map(({ message }) => message);

it('leave their Event and a line in the log, which say for whom they probably were', async () => {
  const before = demo.deployments.get('shop', 'cart')?.replicas ?? 0;
  const count = before + 4;
  for (const on of ['patchScale', 'getScale'] as const)
    demo.faults.add({ on, times: 1, fault: { type: 'status', code: 500 } });
  const answer = await service.scale('shop', 'cart', count);
  expect(answer).toMatchObject({ status: 504, body: { code: 'OUTCOME_UNKNOWN' } });
  expect(answer.body).toMatchObject({ message: expect.stringContaining('maxAge=0') });
  expect(demo.deployments.get('shop', 'cart')?.replicas).toBe(before);

  demo.deployments.scale('shop', 'cart', count, OURS);
  await until(() => scaledEvents().length > 0);
  expect(scaledEvents()).toEqual([
    `k8s-deployment-scaler scaled from ${before} to ${count}, probably for client, who was told that the outcome is unknown`,
  ]);
  // Another replica may have made it for somebody else.
  expect(at((await service.get('/deployments/shop/cart/changes')).body, 'changes.0')).not.toHaveProperty(
    'user',
  );
  expect(
    lines.filter(({ msg }) => String(msg).startsWith('a write whose outcome was unknown')),
  ).toMatchObject([{ namespace: 'shop', deployment: 'cart', user: 'client', from: before, to: count }]);

  // Another one of the same count is somebody else's, of another replica.
  demo.deployments.scale('shop', 'cart', before, OURS);
  demo.deployments.scale('shop', 'cart', count, OURS);
  expect((await service.scale('shop', 'cart', before)).status).toBe(200);
  await until(() => scaledEvents().length > 1);
  expect(scaledEvents()).toHaveLength(2);
});
