import { beforeAll, describe, expect, it } from 'vitest';
import { FakeApiServer } from '../support/fake-apiserver/fake-apiserver.ts';
import { TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

/** What an operation may cost, as counts: a clock on a busy machine would say nothing. `make bench` measures times. */

const COUNT = '/replica-count?namespace=shop&deployment=cart';

let demo: FakeApiServer;
let service: TestService;

beforeAll(async () => {
  // A rollout that goes on may change the resourceVersion between the read and the write of a precondition.
  demo = await FakeApiServer.start({ rolloutDelayMs: Number.POSITIVE_INFINITY });
  demo.roles.allow({ users: ['client'], verbs: ['*'], resources: ['*'] });
  service = await TestService.start({ kubeconfig: demo.kubeconfig, authorization: 'SubjectAccessReview' });
  await service.synced();
  await until(() => demo.requests.count('watchAutoscalers') > 0);
  // Rights are remembered from now on.
  for (const path of [COUNT, '/deployments', '/scale']) await service.get(path);
  await service.post(COUNT, { replicas: 3 });
  await until(() => demo.requests.count('event') === 1);
  return async () => {
    await service.stop();
    await demo.stop();
  };
});

describe('calls of the API server', () => {
  it.each([COUNT, '/deployments', '/scale', '/deployments/shop/cart', '/healthz', '/clusters'])(
    'are none for a read: %s',
    async (path) => {
      // Contact may have been verified too long ago, on a slow machine.
      await service.get(path);
      demo.requests.clear();
      for (let i = 0; i < 20; i += 1) expect((await service.get(path)).status).toBe(200);
      expect(demo.requests.total).toBe(0);
    },
  );

  it('are one for a write, and one for its Event', async () => {
    demo.requests.clear();
    expect((await service.post(COUNT, { replicas: 8 })).status).toBe(200);
    await expect.poll(() => demo.requests.count('event')).toBe(1);
    expect(demo.requests.recent().map(({ kind }) => kind)).toEqual(['patchScale', 'event']);
  });

  it('is one read for a write of the present count, and no Event', async () => {
    demo.requests.clear();
    const etag = String((await service.get('/deployments/shop/cart')).headers.etag);
    for (let i = 0; i < 3; i += 1) expect((await service.post(COUNT, { replicas: 8 })).status).toBe(200);
    expect(demo.requests.recent().map(({ kind }) => kind)).toEqual(['get', 'get', 'get']);
    // Nothing has changed.
    expect((await service.get('/deployments/shop/cart')).headers.etag).toBe(etag);
  });

  it('is one more for a write with a precondition', async () => {
    demo.requests.clear();
    expect((await service.post(`${COUNT}&currentReplicas=8`, { replicas: 9 })).status).toBe(200);
    await expect.poll(() => demo.requests.count('event')).toBe(1);
    expect(demo.requests.recent().map(({ kind }) => kind)).toEqual(['get', 'patchScale', 'event']);
  });

  it('is one for a dry run', async () => {
    demo.requests.clear();
    expect((await service.post(`${COUNT}&dryRun=true`, { replicas: 2 })).status).toBe(200);
    expect((await service.post(`${COUNT}&dryRun=true`, { replicas: 9 })).status).toBe(200);
    expect(demo.requests.recent().map(({ kind }) => kind)).toEqual(['patchScale', 'patchScale']);
  });
});

it('all readers of a list share its bytes', async () => {
  const caller = { user: 'client', groups: ['system:authenticated'] };
  const other = { user: 'client', groups: ['team', 'system:authenticated'] };
  const [first, second, third] = [
    await service.cluster.as(caller).list(),
    await service.cluster.as(caller).list(),
    await service.cluster.as(other).list(),
  ];
  expect(second.value).toBe(first.value);
  expect(third.value).toBe(first.value);
});
