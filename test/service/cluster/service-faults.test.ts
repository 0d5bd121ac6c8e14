import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import type { Fault } from '../../support/fake-apiserver/faults.ts';
import { at } from '../../support/kube-requests.ts';
import { REAL_DEADLINES, TestService } from '../../support/service.ts';
import type { Answer } from '../../support/test-client.ts';
import { until } from '../../support/until.ts';

/** The answers of the service while its API server misbehaves. */
let demo: FakeApiServer;
let service: TestService;

beforeAll(async () => {
  demo = await FakeApiServer.start();
  service = await (await TestService.start({ kubeconfig: demo.kubeconfig })).synced();
});
afterEach(() => demo.faults.clear());
afterAll(async () => {
  await service.stop();
  await demo.stop();
});

const scale = (replicas: number) => service.scale('default', 'my-deployment', replicas);
const read = async () => (await service.count('default', 'my-deployment')).body;
const codeOf = ({ body }: Answer) => at(body, 'code');
const truth = () => demo.deployments.get('default', 'my-deployment')?.replicas;

describe('a write', () => {
  it.each<[string, Fault, number, string]>([
    ['403: the service may not', { type: 'status', code: 403 }, 403, 'SERVICE_FORBIDDEN'],
    ['429', { type: 'status', code: 429, retryAfterSeconds: 3 }, 429, 'KUBERNETES_RATE_LIMITED'],
    ['500', { type: 'status', code: 500 }, 504, 'OUTCOME_UNKNOWN'],
    ['503', { type: 'status', code: 503 }, 503, 'KUBERNETES_UNAVAILABLE'],
    ['504', { type: 'status', code: 504 }, 504, 'OUTCOME_UNKNOWN'],
    ['401', { type: 'status', code: 401 }, 503, 'KUBERNETES_UNAVAILABLE'],
    ['webhook', { type: 'deny', by: 'webhook', message: 'too many' }, 422, 'ADMISSION_REFUSED'],
    ['webhook 403', { type: 'deny', by: 'webhook403', message: 'too many' }, 422, 'ADMISSION_REFUSED'],
    ['policy', { type: 'deny', by: 'policy', message: 'too many' }, 422, 'ADMISSION_REFUSED'],
    ['reset before', { type: 'drop', when: 'before' }, 504, 'OUTCOME_UNKNOWN'],
  ])('that the API server answers with %s changes nothing', async (_title, fault, status, code) => {
    const before = truth();
    demo.faults.add({ on: 'patchScale', fault });
    const answer = await scale((before ?? 0) + 1);
    expect(answer).toMatchObject({ status, body: { statusCode: status, code } });
    if (status === 429) expect(answer.headers['retry-after']).toBe('3');
    if (status === 422)
      expect(answer.body).toMatchObject({ message: 'The cluster refused the change: too many' });
    expect(truth()).toBe(before);
  });

  it('succeeds after a single 401, with credentials that were read again', async () => {
    demo.faults.add({ on: 'patchScale', fault: { type: 'status', code: 401 }, times: 1 });
    expect(await scale(7)).toMatchObject({ status: 200, body: { replicaCount: 7 } });
  });

  it('succeeds if the API server made the change and its answer was lost', async () => {
    demo.faults.add({ on: 'patchScale', fault: { type: 'drop', when: 'after' } });
    expect(await scale(8)).toMatchObject({ status: 200, body: { replicaCount: 8 } });
    expect(truth()).toBe(8);
  });

  it('is answered in time even if the API server never answers', async () => {
    demo.faults.add({ on: 'patchScale', fault: { type: 'cut', how: 'silence' } });
    expect(await scale(9)).toMatchObject({ status: 504, body: { code: 'OUTCOME_UNKNOWN' } });
  });

  it('is answered with its own resourceVersion even if the watch is silent', async () => {
    const { kubeconfig } = demo;
    const hasty = await (await TestService.start({ kubeconfig, timing: REAL_DEADLINES })).synced();
    demo.faults.add({ on: 'watch', fault: { type: 'bookmarksOnly' } });
    demo.dropConnections();
    await until(() => demo.openWatches > 0);
    expect(await hasty.scale('default', 'my-deployment', 11)).toMatchObject({
      status: 200,
      headers: { 'x-resource-version': expect.any(String) },
      body: { replicaCount: 11 },
    });
    demo.faults.clear();
    demo.dropConnections();
    await hasty.stop();
  });
});

describe('an unreachable API server', () => {
  it('does not stop reads, makes writes fail with 503, and is found again without a restart', async () => {
    demo.deployments.scale('default', 'my-deployment', 3);
    await until(async () => JSON.stringify(await read()) === '{"replicaCount":3}');
    await demo.refuseConnections();
    demo.dropConnections();
    expect(await service.count('default', 'my-deployment')).toMatchObject({
      status: 200,
      body: { replicaCount: 3 },
    });
    expect(await scale(4)).toMatchObject({ status: 503, body: { code: 'KUBERNETES_UNREACHABLE' } });
    await demo.acceptConnections();
    await until(async () => (await scale(5)).status === 200);
    demo.deployments.scale('default', 'my-deployment', 6);
    await until(async () => JSON.stringify(await read()) === '{"replicaCount":6}');
  });
});

describe('a service that starts before its API server', () => {
  it('answers 503 until it has read the Deployments, and then serves', async () => {
    await demo.refuseConnections();
    const early = await TestService.start({ kubeconfig: demo.kubeconfig });
    const unsynced = { status: 503, body: { code: 'CACHE_NOT_SYNCED' } };
    expect(await early.get('/deployments')).toMatchObject(unsynced);
    expect(await early.count('default', 'my-deployment')).toMatchObject(unsynced);
    await expect
      .poll(() => early.get('/healthz'))
      .toMatchObject({ status: 503, body: { code: 'UNHEALTHY' } });
    await demo.acceptConnections();
    await early.synced();
    expect((await early.get('/deployments')).status).toBe(200);
    await until(async () => (await early.get('/healthz')).status === 200);
    await early.stop();
  });
});

describe('a failing access review', () => {
  it('causes 503 for reads and writes, and changes nothing', async () => {
    const strict = await (
      await TestService.start({ kubeconfig: demo.kubeconfig, authorization: 'SubjectAccessReview' })
    ).synced();
    const before = truth();
    demo.faults.add({ on: 'review', fault: { type: 'status', code: 500 } });
    const unavailable = { status: 503, body: { code: 'AUTHORIZER_UNAVAILABLE' } };
    expect(await strict.count('default', 'my-deployment')).toMatchObject(unavailable);
    expect(await strict.get('/deployments')).toMatchObject(unavailable);
    expect(await strict.scale('default', 'my-deployment', 1)).toMatchObject(unavailable);
    await until(async () => codeOf(await strict.get('/healthz')) === 'CLUSTER_BLOCKED');
    expect(truth()).toBe(before);
    await strict.stop();
  });

  it('causes 503 if the API server does not answer it in time', async () => {
    const hasty = await TestService.start({
      kubeconfig: demo.kubeconfig,
      authorization: 'SubjectAccessReview',
      timing: REAL_DEADLINES,
    });
    await hasty.synced();
    demo.faults.add({ on: 'review', fault: { type: 'cut', how: 'silence' } });
    expect(await hasty.count('default', 'my-deployment')).toMatchObject({
      status: 503,
      body: { code: 'AUTHORIZER_UNAVAILABLE' },
    });
    await hasty.stop();
  });

  it('in an outage leaves a client the reads that were allowed before, and no writes', async () => {
    const strict = await TestService.start({
      kubeconfig: demo.kubeconfig,
      authorization: 'SubjectAccessReview',
      decisionTimes: { allowedSeconds: 0, deniedSeconds: 0, outageSeconds: 3_600 },
    });
    await strict.synced();
    demo.roles.allow({ users: ['client'], verbs: ['*'], resources: ['*'] });
    const scaled = () => strict.scale('default', 'my-deployment', 7);
    expect((await scaled()).status).toBe(200);
    expect((await strict.count('default', 'my-deployment')).status).toBe(200);
    expect((await strict.get('/deployments')).status).toBe(200);
    const unavailable = { status: 503, body: { code: 'AUTHORIZER_UNAVAILABLE' } };
    for (const code of [500, 429] as const) {
      demo.faults.add({ on: 'review', fault: { type: 'status', code } });
      expect(await strict.count('default', 'my-deployment')).toMatchObject({
        status: 200,
        body: { replicaCount: 7 },
      });
      expect((await strict.get('/deployments')).status).toBe(200);
      expect(await scaled()).toMatchObject(unavailable);
      expect(await strict.get('/deployments?namespace=shop')).toMatchObject(unavailable);
      demo.faults.clear();
    }
    await strict.stop();
  });
});
