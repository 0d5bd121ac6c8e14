import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { logTo } from '../../support/log-to.ts';
import { RawConnection } from '../../support/security/raw.ts';
import { TestService } from '../../support/service.ts';
import type { Answer } from '../../support/test-client.ts';
import { until } from '../../support/until.ts';

const POST = '/replica-count?namespace=shop&deployment=cart';
const GET = '/deployments/shop/cart';
const QUOTA = {
  type: 'ReplicaFailure',
  status: 'True',
  reason: 'FailedCreate',
  message: 'exceeded quota',
  lastTransitionTime: '2020-01-01T00:00:00Z',
};
const DEADLINE = {
  ...QUOTA,
  type: 'Progressing',
  status: 'False',
  reason: 'ProgressDeadlineExceeded',
  message: 'it has timed out progressing',
};
/** So soon that a test need not wait, and so late that it never comes. */
const [SOON, NEVER] = [20, 3_600_000];

/** A cluster whose Deployment controller is the test. */
let demo: FakeApiServer;
let service: TestService;
let lines: Record<string, unknown>[];
let services: TestService[];

beforeEach(async () => {
  services = [];
  demo = await FakeApiServer.start({
    rolloutDelayMs: Number.POSITIVE_INFINITY,
    deployments: [
      { namespace: 'shop', name: 'cart', replicas: 3 },
      { namespace: 'shop', name: 'other', replicas: 1 },
    ],
  });
});
afterEach(async () => {
  for (const each of services) await each.stop();
  await demo.stop();
});

/** @param troubleMs how long the trouble of a Deployment must last */
async function start(troubleMs: number, options: object = {}): Promise<TestService> {
  lines = [];
  const logStream = logTo((line) => void lines.push(JSON.parse(line)));
  const waitTiming = { troubleMs, podsMs: NEVER };
  service = await TestService.start({ kubeconfig: demo.kubeconfig, logStream, waitTiming, ...options });
  services.push(service);
  return service.synced();
}

/** Sets a count and waits for it. */
const set = (replicas: number, seconds = 300) => service.post(`${POST}&wait=${seconds}`, { replicas });
const { report, scale } = {
  report: (status?: Parameters<FakeApiServer['deployments']['report']>[2]) =>
    demo.deployments.report('shop', 'cart', status),
  scale: (...rest: [replicas: number, writer?: Parameters<FakeApiServer['deployments']['scale']>[3]]) =>
    demo.deployments.scale('shop', 'cart', ...rest),
};
const judged = (count: number) => until(() => service.cluster.waiters === count);
const patches = () => demo.requests.count('patchScale');
const locationOf = ({ headers }: Answer) => String(headers.location);

describe('a write that waits', () => {
  it('answers as without it, once the replicas are available and not before', async () => {
    await start(NEVER);
    let answered = false;
    const answer = set(5).finally(() => {
      answered = true;
    });
    await judged(1);
    for (const status of [
      { replicas: 3, readyReplicas: 3 },
      { replicas: 5, readyReplicas: 4 },
      { replicas: 5, updatedReplicas: 4 },
      { replicas: 6, readyReplicas: 5 },
      { replicas: 5, readyReplicas: 5, availableReplicas: 4 },
      { observedGeneration: 1 },
    ]) {
      const { resourceVersion } = report(status);
      // The service has seen it, and any answer to the wait would have come before this one.
      const seen = await service.get(`${GET}?minResourceVersion=${resourceVersion}`);
      expect([seen.status, answered]).toEqual([200, false]);
    }
    const { resourceVersion, uid } = report();
    expect(await answer).toMatchObject({
      status: 200,
      body: { replicaCount: 5 },
      headers: {
        'x-resource-version': `${resourceVersion}`,
        etag: `"${uid}.2"`,
        'x-previous-replicas': '3',
        'x-replicas-forecast': expect.any(String),
      },
    });
    expect((await answer).headers.location).toBeUndefined();
    expect(service.cluster.waiters).toBe(0);
  });
});
