import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterTiming } from '../../../src/cluster/cluster.ts';
import { SERVICE_USER } from '../../support/fake-apiserver/access.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { at } from '../../support/kube-requests.ts';
import { logTo } from '../../support/log-to.ts';
import { TestService } from '../../support/service.ts';
import { measured } from '../../support/service-metrics.ts';
import { until } from '../../support/until.ts';

/** What shows that a cluster cannot be served, while nobody sends a request. */
const SHORT: ClusterTiming = {
  health: {
    lookMs: 20,
    contactMs: 40,
    reviewMs: 40,
    deadlineMs: 5_000,
    reviewDeadlineMs: 5_000,
    stillMs: 100,
  },
};
let demo: FakeApiServer;
let service: TestService;
let lines: Record<string, unknown>[] = [];

beforeAll(async () => {
  demo = await FakeApiServer.start();
  service = await (await start()).synced();
});
afterEach(async () => {
  demo.faults.clear();
  demo.roles.reset();
  await until(() => service.cluster.state === 'ready');
  lines = [];
});
afterAll(async () => {
  await service.stop();
  await demo.stop();
});

function start(authorization: 'SubjectAccessReview' | 'AlwaysAllow' = 'SubjectAccessReview') {
  return TestService.start({
    kubeconfig: demo.kubeconfig,
    authorization,
    logStream: logTo((line) => void lines.push(JSON.parse(line))),
    timing: SHORT,
  });
}

const told = (text: string) => lines.filter(({ msg }) => String(msg).startsWith(text));
const state = async () => at((await service.get('/clusters')).body, 'clusters.0.state');
const ready = () => measured(service, 'scaler_cluster_ready{cluster="default"}');

/** The account may do everything but ask what clients may do. */
function withdraw(): void {
  demo.roles.set([
    { users: [SERVICE_USER.name], verbs: ['*'], resources: ['deployments', 'deployments/scale'] },
  ]);
}

it('a cluster that is read has a line with its Deployments and the time', () => {
  expect(told('cluster read')).toEqual([
    expect.objectContaining({ level: 'info', deployments: service.cluster.objects, ms: expect.any(Number) }),
  ]);
});

describe('a frozen API server', () => {
  it('is unreachable in every place, with one line at the beginning and one at the end', async () => {
    demo.freeze();
    await until(() => service.cluster.state === 'unreachable');
    expect(await state()).toBe('unreachable');
    expect(await ready()).toBe(0);
    expect(await service.get('/healthz')).toMatchObject({ status: 503, body: { code: 'UNHEALTHY' } });
    await until(() => told('cluster still unreachable').length > 1);
    demo.thaw();
    await until(() => service.cluster.state === 'ready');
    expect((await service.get('/healthz')).status).toBe(200);
    expect(await ready()).toBe(1);
    expect(told('cluster unreachable')).toEqual([
      expect.objectContaining({ level: 'error', reason: expect.stringMatching(/^no answer/) }),
    ]);
    expect(told('cluster reachable again')).toEqual([
      expect.objectContaining({ level: 'info', seconds: expect.any(Number) }),
    ]);
  });
});

describe('an API server that cannot read its storage', () => {
  it('stays unreachable, whatever its watch sends', async () => {
    demo.faults.add({ on: 'list', fault: { type: 'status', code: 500 } });
    await until(() => service.cluster.state === 'unreachable');
    const seen = new Set<string>();
    for (let event = 0; event < 20; event += 1) {
      const { resourceVersion } = demo.deployments.touch('shop', 'cart');
      await until(
        () => service.cluster.deployment('shop', 'cart').resourceVersion === String(resourceVersion),
      );
      seen.add(service.cluster.state);
    }
    expect([...seen]).toEqual(['unreachable']);
    expect(told('cluster unreachable')).toHaveLength(1);
    expect(told('cluster reachable again')).toEqual([]);
  });
});

describe('a withdrawn right to ask what clients may do', () => {
  it('blocks the cluster in every place until it is granted again', async () => {
    withdraw();
    await until(() => service.cluster.state === 'blocked');
    expect(await state()).toBe('blocked');
    expect(await ready()).toBe(0);
    const health = await service.get('/healthz');
    expect(health).toMatchObject({ status: 503, body: { code: 'CLUSTER_BLOCKED' } });
    expect(at(health.body, 'message')).toMatch(/create on subjectaccessreviews/);
    expect(service.app.fleet.ready).toBe(true);
    await until(() => told('cluster still blocked').length > 0);
    demo.roles.reset();
    await until(() => service.cluster.state === 'ready');
    expect((await service.get('/healthz')).status).toBe(200);
    expect(told('cluster blocked')).toEqual([
      expect.objectContaining({
        level: 'error',
        status: 403,
        grant: 'create on subjectaccessreviews.authorization.k8s.io to the account of the service',
      }),
    ]);
    expect(told('cluster no longer blocked')).toHaveLength(1);
  });

  it('keeps a service that starts from being ready until it is granted', async () => {
    withdraw();
    const late = await start();
    await until(() => late.cluster.state === 'blocked');
    expect([late.cluster.synced, late.app.fleet.ready]).toEqual([true, false]);
    demo.roles.reset();
    await late.synced();
    await late.stop();
  });

  it('does not matter to a service that asks nobody', async () => {
    withdraw();
    const open = await (await start('AlwaysAllow')).synced();
    await until(() => service.cluster.state === 'blocked');
    expect(open.cluster.state).toBe('ready');
    await open.stop();
  });
});
