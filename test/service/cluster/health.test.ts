import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { METADATA_ONLY } from '../../../src/kube/client/kube-client.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { TestService } from '../../support/service.ts';
import { until } from '../../support/until.ts';

/** /healthz with an API server. test/unit/cluster/health-check.test.ts has the cases that take long. */
let demo: FakeApiServer;
let service: TestService;

beforeEach(async () => {
  demo = await FakeApiServer.start();
  // Without probes of its own accord: only those that a request causes count here.
  const timing = { health: { contactMs: Number.POSITIVE_INFINITY } };
  service = await (await TestService.start({ kubeconfig: demo.kubeconfig, timing })).synced();
  await until(() => demo.openWatches === 1 && demo.requests.count('watchAutoscalers') === 1);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await service.stop();
  await demo.stop();
});

/** Moves the clock of the service, but not its timers, so that its last contact gets older by this time. */
function later(seconds: number): void {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + seconds * 1000);
}

/** 200 requests at once. */
const requests = () => Promise.all(Array.from({ length: 200 }, () => service.get('/healthz')));

describe('GET /healthz', () => {
  // Opens their connections: two hundred handshakes would use up the time that the service gives the API server.
  beforeEach(async () => void (await requests()));

  it('sends the API server no request if the watch heard from it within the last 10 s', async () => {
    const { resourceVersion } = demo.deployments.touch('shop', 'cart');
    await until(() => service.cluster.deployment('shop', 'cart').resourceVersion === String(resourceVersion));
    demo.requests.clear();
    const answers = await requests();
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(demo.requests.total).toBe(0);
  });

  it('causes one read of storage, of metadata only, for any number of simultaneous requests if the watch has been quiet', async () => {
    later(11);
    demo.requests.clear();
    const answers = await requests();
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(demo.requests.recent().map(({ path, query, accept }) => [`${path}?${query}`, accept])).toEqual([
      ['/apis/apps/v1/deployments?limit=1', METADATA_ONLY],
    ]);
  });

  it('answers 503 within 10 s after the API server goes down, and 200 after it returns', async () => {
    await demo.refuseConnections();
    demo.dropConnections();
    later(10.1);
    expect(await service.get('/healthz')).toMatchObject({ status: 503, body: { code: 'UNHEALTHY' } });
    await demo.acceptConnections();
    await until(async () => (await service.get('/healthz')).status === 200);
  });

  it('answers 503 if the API server is up and its etcd is down', async () => {
    later(11);
    demo.faults.add({ on: 'list', fault: { type: 'status', code: 500 } });
    expect((await service.get('/healthz')).status).toBe(503);
  });
});
