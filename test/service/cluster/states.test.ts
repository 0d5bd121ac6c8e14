import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { at } from '../../support/kube-requests.ts';
import { TestService } from '../../support/service.ts';
import type { TestClient } from '../../support/test-client.ts';
import { until } from '../../support/until.ts';

const STATE = '/deployments/shop/cart';

let demo: FakeApiServer;
let service: TestService;

beforeAll(async () => {
  demo = await FakeApiServer.start();
  demo.roles.allow({ users: ['client'], verbs: ['*'], resources: ['*'] });
  demo.roles.allow({ users: ['alice'], verbs: ['list'], resources: ['deployments'], namespaces: ['shop'] });
  demo.roles.allow({
    users: ['bob'],
    verbs: ['get'],
    resources: ['deployments/scale'],
    namespaces: ['shop'],
  });
  service = await TestService.start({ kubeconfig: demo.kubeconfig, authorization: 'SubjectAccessReview' });
  await service.synced();
});
afterAll(async () => {
  await service.stop();
  await demo.stop();
});

async function namesOf(client: Pick<TestClient, 'get'>, path = '/scale'): Promise<string[]> {
  const { items } = Object((await client.get(path)).body);
  return items.map((item: Record<string, string>) => `${item.namespace}/${item.deployment}`);
}

describe('GET /scale', () => {
  it('has the Deployments of GET /deployments, and each as GET /deployments/{namespace}/{deployment} has it', async () => {
    const { body } = await service.get('/deployments');
    expect(await namesOf(service)).toEqual(at(body, 'deployments'));
    const { body: states } = await service.get('/scale?labelSelector=app.kubernetes.io/name%3Dcart');
    expect(at(states, 'items')).toEqual([(await service.get(STATE)).body]);
  });

  it('shows only the namespaces that the caller may list', async () => {
    const alice = await service.clientOf('alice');
    const names = (await namesOf(service)).filter((name) => name.startsWith('shop/'));
    expect(names.length).toBeGreaterThan(1);
    expect(await namesOf(alice)).toEqual(names);
    expect(await namesOf(alice, '/scale?namespace=shop')).toEqual(names);
    // Nor does she get the list of the same selector that was made for somebody else.
    const selected = '/deployments?labelSelector=app.kubernetes.io/name';
    expect(at((await service.get(selected)).body, 'deployments')).toEqual(await namesOf(service));
    expect(at((await alice.get(selected)).body, 'deployments')).toEqual(names);
    expect(await alice.get('/scale?namespace=payments')).toMatchObject({ status: 403 });
    // To list is not to read one, and the other way round.
    expect(await alice.get(STATE)).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    const bob = await service.clientOf('bob');
    expect(await bob.get('/scale')).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    expect(await bob.get(STATE)).toMatchObject({ status: 200 });
    expect(await bob.get('/deployments/payments/ledger')).toMatchObject({ status: 403 });
  });

  it('is answered 304 until a state changes', async () => {
    const { headers } = await service.get('/scale?namespace=shop');
    const known = { 'if-none-match': String(headers.etag) };
    expect(await service.get('/scale?namespace=shop', known)).toMatchObject({ status: 304 });
    const { status } = await service.scale('shop', 'checkout', 9);
    expect(status).toBe(200);
    expect(await service.get('/scale?namespace=shop', known)).toMatchObject({ status: 200 });
  });

  it('is compressed if it is long, soon after a change', async () => {
    for (let i = 0; i < 40; i += 1) demo.deployments.create({ namespace: 'many', name: `web-${i}` });
    const read = () => service.get('/scale?namespace=many', { 'accept-encoding': 'gzip' });
    await until(async () => {
      const { headers, body } = await read();
      return headers['content-encoding'] === 'gzip' && at(body, 'items.39.deployment') === 'web-9';
    });
  });

  it('waits for minResourceVersion', async () => {
    demo.deployments.scale('shop', 'checkout', 11);
    const { resourceVersion } = demo;
    const { body } = await service.get(`/scale?namespace=shop&minResourceVersion=${resourceVersion}`);
    const { items } = Object(body);
    expect(items.find((item: Record<string, unknown>) => item.deployment === 'checkout')).toMatchObject({
      replicas: 11,
    });
  });
});

describe.each([
  [STATE, ''],
  ['/scale?namespace=shop&labelSelector=app.kubernetes.io/name%3Dcart', 'items.0.'],
])('repeated reads of %s by one connection', (path, prefix) => {
  const field = async (name: string) => at((await service.get(path)).body, prefix + name);

  it('see a write of the service at once', async () => {
    for (let i = 0; i < 3; i += 1) await field('replicas');
    for (const replicas of [5, 6, 7]) {
      expect(await service.scale('shop', 'cart', replicas)).toMatchObject({ status: 200 });
      expect(await field('replicas')).toBe(replicas);
      expect(await field('lastChange')).toMatchObject({ to: replicas, user: 'client' });
    }
  });

  it('see a write of somebody else, a new HPA, and the progress of a rollout', async () => {
    demo.deployments.scale('shop', 'cart', 2);
    await until(async () => (await field('replicas')) === 2);
    expect(await field('overridden')).toMatchObject({ by: 'kubectl', from: 7, to: 2 });
    await until(async () => (await field('phase')) === 'stable');
    const hpa = { namespace: 'shop', name: 'cart' };
    demo.autoscalers.add(hpa);
    await until(async () => (await field('owners.0.name')) === 'cart');
    demo.autoscalers.delete(hpa);
    await until(async () => (await field('owners.0')) === undefined);
    await service.scale('shop', 'cart', 7);
  });
});

it('names and messages of any characters are answered as they are, however often', async () => {
  demo.deployments.create({
    namespace: 'shop',
    name: 'unusual',
    marks: {
      annotations: { 'argocd.argoproj.io/tracking-id': 'Größe 鯨"\\:apps/Deployment:shop/unusual' },
      conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'Größe', message: '鯨\n' }],
    },
  });
  const path = '/deployments/shop/unusual';
  await until(async () => (await service.get(path)).status === 200);
  for (let i = 0; i < 3; i += 1) {
    expect(await service.get(path)).toMatchObject({
      body: { phase: 'stuck', reason: 'Größe: 鯨\n', owners: [{ kind: 'Application', name: 'Größe 鯨"\\' }] },
    });
  }
  demo.deployments.delete('shop', 'unusual');
});

it('a Deployment that is gone, or has come back, is not shown from memory', async () => {
  demo.deployments.create({ namespace: 'shop', name: 'passing', replicas: 2 });
  const path = '/deployments/shop/passing';
  await until(async () => (await service.get(path)).status === 200);
  const { headers } = await service.get(path);
  await service.scale('shop', 'passing', 4);
  demo.deployments.recreate('shop', 'passing', 6);
  await until(async () => at((await service.get(path)).body, 'replicas') === 6);
  const again = await service.get(path);
  expect(again.headers.etag).not.toBe(headers.etag);
  expect(again.body).not.toHaveProperty('lastChange');
  demo.deployments.delete('shop', 'passing');
  await until(async () => (await service.get(path)).status === 404);
});
