import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SERVICE_USER } from '../../support/fake-apiserver/access.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { logTo } from '../../support/log-to.ts';
import { TestService } from '../../support/service.ts';
import { until } from '../../support/until.ts';

/** A service whose account may read only some namespaces. */
let demo: FakeApiServer;
let service: TestService;
const users = [SERVICE_USER.name];
const everything = { users, verbs: ['*'], resources: ['*'] };

beforeEach(async () => {
  demo = await FakeApiServer.start();
  demo.roles.set([{ ...everything, namespaces: ['shop', 'default'] }]);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await service.stop();
  await demo.stop();
});

const log: string[] = [];
const logStream = logTo((line) => void log.push(line));

async function start(...namespaces: string[]): Promise<void> {
  log.length = 0;
  service = await TestService.start({ kubeconfig: demo.kubeconfig, namespaces, logStream });
}

const namesIn = (...namespaces: string[]) =>
  demo.deployments
    .list()
    .filter(({ namespace }) => namespaces.includes(namespace))
    .map(({ namespace, name }) => `${namespace}/${name}`)
    .sort();

describe('the namespaces in WATCH_NAMESPACES', () => {
  it('are served without the right to list cluster-wide, and others are answered with 404', async () => {
    await start('shop', 'default');
    await service.synced();
    const all = await service.get('/deployments');
    expect(all.body).toEqual({ deployments: namesIn('shop', 'default') });
    expect(all.headers).not.toHaveProperty('x-unavailable-namespaces');
    const notWatched = { status: 404, body: { code: 'NAMESPACE_NOT_WATCHED' } };
    expect(await service.get('/deployments?namespace=payments')).toMatchObject(notWatched);
    expect(await service.get('/deployments?namespace=payments&maxAge=0')).toMatchObject(notWatched);
    expect(await service.count('payments', 'ledger')).toMatchObject(notWatched);
    expect(await service.scale('payments', 'ledger', 1)).toMatchObject(notWatched);
    expect(await service.scale('shop', 'cart', 6)).toMatchObject({ status: 200 });
    expect(await service.count('shop', 'cart')).toMatchObject({ body: { replicaCount: 6 } });
    expect((await service.get('/deployments?maxAge=0')).body).toEqual({
      deployments: namesIn('shop', 'default'),
    });
  });

  it('that the account may not read are named in the answer, and do not affect the others', async () => {
    await start('shop', 'payments', 'monitoring');
    await service.synced();
    await until(() => log.some((line) => line.includes('cluster read')));
    for (const query of ['', '?maxAge=0']) {
      const all = await service.get(`/deployments${query}`);
      expect(all).toMatchObject({ status: 200, body: { deployments: namesIn('shop') } });
      expect(all.headers['x-unavailable-namespaces']).toBe('payments, monitoring');
    }
    const forbidden = {
      status: 403,
      body: { code: 'SERVICE_FORBIDDEN', message: expect.stringContaining('in namespace payments') },
    };
    expect(await service.get('/deployments?namespace=payments')).toMatchObject(forbidden);
    expect(await service.count('payments', 'ledger')).toMatchObject(forbidden);
    expect((await service.get('/deployments?namespace=shop')).status).toBe(200);
  });

  it('that the account may not read do not make the service unready in an outage', async () => {
    await start('payments', 'shop');
    await service.synced();
    await demo.refuseConnections();
    demo.dropConnections();
    for (const namespace of ['payments', 'shop']) {
      const lost = (line: string) =>
        line.includes(`namespaces/${namespace}/deployments`) &&
        line.includes('lost contact with the API server');
      await until(() => log.some(lost));
    }
    await until(() => service.cluster.state === 'unreachable');
    expect(service.app.fleet.default.synced).toBe(true);
    const all = await service.get('/deployments');
    expect(all).toMatchObject({ status: 200, body: { deployments: namesIn('shop') } });
    expect(all.headers['x-unavailable-namespaces']).toBe('payments');
    await demo.acceptConnections();
  });

  it('that the account may not read do not make the service unhealthy if the others are quiet', async () => {
    await start('payments', 'shop');
    await service.synced();
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() + 11_000);
    expect(await service.get('/healthz')).toMatchObject({ status: 200 });
  });

  it('that the account may no longer read do not make the cluster unreachable, nor its probe fail', async () => {
    const health = { lookMs: 20, contactMs: 20, watchMs: 20 };
    service = await TestService.start({
      kubeconfig: demo.kubeconfig,
      namespaces: ['shop', 'default'],
      timing: { health },
    });
    await service.synced();
    demo.roles.set([{ ...everything, namespaces: ['default'] }]);
    demo.dropConnections();
    const failures = () =>
      service.cluster.mirrors.find(({ namespace }) => namespace === 'shop')?.stats.failures ?? 0;
    // From the first to the third lie more looks and probes than an outage needs.
    await until(() => failures() >= 3);
    await until(() => service.cluster.state === 'ready');
    expect(await service.get('/healthz')).toMatchObject({ status: 200 });
    expect(await service.count('default', 'my-deployment')).toMatchObject({ status: 200 });
  });

  it('are served once the right is granted, without a restart', async () => {
    await start('shop', 'payments');
    await service.synced();
    demo.roles.allow(everything);
    await until(async () => (await service.count('payments', 'ledger')).status === 200);
    const all = await service.get('/deployments');
    expect(all.body).toEqual({ deployments: namesIn('shop', 'payments') });
    expect(all.headers).not.toHaveProperty('x-unavailable-namespaces');
  });
});

describe('without WATCH_NAMESPACES and the right to list cluster-wide,', () => {
  it('the service serves nothing, and its answer names the missing right', async () => {
    await start();
    const forbidden = { status: 403, body: { code: 'SERVICE_FORBIDDEN' } };
    await until(async () => (await service.get('/deployments')).status === 403);
    expect(await service.get('/deployments')).toMatchObject(forbidden);
    expect(await service.count('shop', 'cart')).toMatchObject(forbidden);
    expect(service.app.fleet.default.synced).toBe(false);
  });
});
