import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deployment } from '../support/integration/contract-bodies.ts';
import { TcpRelay } from '../support/integration/tcp-relay.ts';
import { type KubeApiserver, startKubeApiserver } from '../support/kube-apiserver.ts';
import { at, KubeRequests, textAt } from '../support/kube-requests.ts';
import { TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

/** A real API server that comes back without its history, or with an older state, such as a restored backup. */
const COLLECTION = '/apis/apps/v1/namespaces/default/deployments';

let apiserver: KubeApiserver;
let relay: TcpRelay;
let kube: KubeRequests;
let service: TestService;

beforeAll(async () => {
  apiserver = await startKubeApiserver();
  const { url, ca, admin, kubeconfig } = apiserver;
  relay = await TcpRelay.start(Number(new URL(url).port));
  kube = new KubeRequests({ url, ca, cert: admin.cert, key: admin.key });
  for (const name of ['changing', 'doomed']) await kube.post(COLLECTION, deployment(name, 1));
  const relayed = kubeconfig.replace(url, `https://127.0.0.1:${relay.port}`);
  expect(relayed).not.toBe(kubeconfig);
  service = await (await TestService.start({ kubeconfig: relayed })).synced();
});

afterAll(async () => {
  await service?.stop();
  await relay?.stop();
  await kube?.close();
  await apiserver?.stop();
});

/** Resolves once the service shows exactly this state. */
async function shows(changing: number, names: readonly string[]): Promise<void> {
  const list = JSON.stringify({ deployments: names.map((name) => `default/${name}`) });
  await until(async () => JSON.stringify((await service.get('/deployments')).body) === list);
  await until(async () => at((await service.count('default', 'changing')).body, 'replicaCount') === changing);
}

async function version(): Promise<number> {
  return Number(textAt((await kube.get(`${COLLECTION}?limit=1`)).body, 'metadata.resourceVersion'));
}

describe('an API server that comes back without its history', () => {
  it('is listed again, so that Deployments that were deleted during its absence disappear', async () => {
    await shows(1, ['changing', 'doomed']);
    const seen = await version();
    await apiserver.killApiserver();
    // No watch can report this deletion: it happens while the API server is down, and the history is lost.
    await apiserver.deleteFromEtcd('/registry/deployments/default/doomed');
    await apiserver.compactEtcd();
    await apiserver.startApiserver();
    const { body } = await kube.get(`${COLLECTION}?watch=true&resourceVersion=${seen}&timeoutSeconds=60`);
    expect(body).toMatchObject([{ type: 'ERROR', object: { code: 410 } }]);
    await shows(1, ['changing']);
  });
});

describe('an API server that is restored to an older state', () => {
  beforeAll(async () => {
    await stopAll();
    await apiserver.saveEtcd();
    await startAll();
  });

  /** Changes that the older state does not contain. The service has seen them all. */
  async function goOn(): Promise<number> {
    await kube.post(COLLECTION, deployment('later', 1));
    for (let replicas = 2; replicas <= 50; replicas += 1)
      await kube.patch(`${COLLECTION}/changing/scale`, { spec: { replicas } });
    await shows(50, ['changing', 'later']);
    return version();
  }

  async function expectFollowed(seen: number): Promise<void> {
    expect(await version()).toBeLessThan(seen);
    await shows(1, ['changing']);
    expect(await service.scale('default', 'changing', 1)).toMatchObject({ status: 200 });
    expect((await kube.patch(`${COLLECTION}/changing/scale`, { spec: { replicas: 7 } })).status).toBe(200);
    await shows(7, ['changing']);
    const reading = await service.count('default', 'changing');
    expect(Number(reading.headers['x-resource-version'])).toBeLessThan(seen);
  }

  it('is mirrored in that state if the service noticed the outage', async () => {
    const seen = await goOn();
    await stopAll();
    const before = relay.refused;
    await until(() => relay.refused > before);
    await apiserver.restoreEtcd();
    await startAll();
    await expectFollowed(seen);
  });

  it('is mirrored in that state even if a load balancer hid the outage', async () => {
    const seen = await goOn();
    relay.hold();
    await stopAll();
    await apiserver.restoreEtcd();
    await startAll();
    await until(() => relay.held > 0);
    relay.release();
    await expectFollowed(seen);
  });
});

async function stopAll(): Promise<void> {
  await apiserver.killApiserver();
  await apiserver.killEtcd();
}

async function startAll(): Promise<void> {
  await apiserver.startEtcd();
  await apiserver.startApiserver();
}
