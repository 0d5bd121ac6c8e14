import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ControlPlane } from '../support/integration/control-plane.ts';
import { arrayAt, at, textAt } from '../support/kube-requests.ts';
import { TestService } from '../support/service.ts';
import type { Answer } from '../support/test-client.ts';
import { until } from '../support/until.ts';

/**
 * Waits on a real API server with the real controllers of Deployments, ReplicaSets and HPAs. No kubelet runs: the test
 * writes what it would write into the statuses of pods.
 */
const CROWDED = 'crowded';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const SECONDS = 300;
/** Only ends a failed test: after an outage the controllers may wait half a minute before they connect again. */
const LIMIT_MS = 300_000;
vi.setConfig({ testTimeout: LIMIT_MS });
/** Shorter than in production, but longer than a controller needs to take back a condition that is out of date. */
const WAIT_TIMING = { troubleMs: 1_000, pods: { firstMs: 20, everyMs: 50, stuckMs: 200 } };

let plane: ControlPlane;
let service: TestService;
/** Another replica of the service. */
let other: TestService;

beforeAll(async () => {
  plane = await ControlPlane.start();
  const { kubeconfig } = plane.apiserver;
  const start = () => TestService.start({ kubeconfig, timing: { waits: WAIT_TIMING } });
  [service, other] = await Promise.all([start(), start()]);
  await Promise.all([service.synced(), other.synced()]);
}, 600_000);

afterAll(async () => {
  await service?.stop();
  await other?.stop();
  await plane?.stop();
});

/** Sets a count and waits for it. */
function set(name: string, replicas: number, namespace = 'default', parameters = ''): Promise<Answer> {
  const query = `namespace=${namespace}&deployment=${name}&wait=${SECONDS}${parameters}`;
  return service.post(`/replica-count?${query}`, { replicas });
}

const READY = {
  phase: 'Running',
  conditions: ['Ready', 'ContainersReady'].map((type) => ({ type, status: 'True' })),
};

async function podsOf(name: string, namespace = 'default'): Promise<readonly unknown[]> {
  const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=app=${name}`;
  return arrayAt((await plane.kube.get(path)).body, 'items');
}

/** Writes this into the status of each pod. */
async function write(name: string, status: object): Promise<void> {
  for (const pod of await podsOf(name)) {
    const path = `/api/v1/namespaces/default/pods/${textAt(pod, 'metadata.name')}/status`;
    // A pod may have been deleted since.
    expect([200, 404]).toContain((await plane.kube.patch(path, { status })).status);
  }
}

/** Makes the pods of the Deployment available, also those that are still to be created, until the answer comes. */
async function makingAvailable(name: string, answer: Promise<Answer>): Promise<Answer> {
  let came = false;
  const done = () => {
    came = true;
  };
  void answer.then(done, done);
  await until(async () => {
    await write(name, READY);
    return came;
  }, LIMIT_MS);
  return answer;
}

/** Creates a Deployment whose replicas are all available, and which the service knows. */
async function create(name: string, replicas: number): Promise<void> {
  await plane.create(name, replicas);
  await until(async () => (await service.count('default', name)).status === 200);
  const path = `/deployments/default/${name}?wait=${SECONDS}&replicas=${replicas}`;
  expect(await makingAvailable(name, service.get(path))).toMatchObject({ status: 200 });
}

const judged = (count: number) => until(() => service.cluster.waiters === count);
const statusOf = async (name: string) => at(await plane.deployment(name), 'status');

describe('a count is waited for', () => {
  it('up, down and to 0, until the pods are as it says', async () => {
    await create('cart', 1);
    const up = set('cart', 3);
    await until(async () => (await podsOf('cart')).length === 3);
    await judged(1);
    expect(await makingAvailable('cart', up)).toMatchObject({ status: 200, body: { replicaCount: 3 } });
    expect(await statusOf('cart')).toMatchObject({ replicas: 3, availableReplicas: 3 });
    expect(await set('cart', 2)).toMatchObject({ status: 200, body: { replicaCount: 2 } });
    expect(await statusOf('cart')).toMatchObject({ replicas: 2, availableReplicas: 2 });
    expect(await set('cart', 0)).toMatchObject({ status: 200, body: { replicaCount: 0 } });
    expect(at(await statusOf('cart'), 'replicas') ?? 0).toBe(0);
    expect(await podsOf('cart')).toEqual([]);
  });

  it('of a paused Deployment, whose pods are of an older template', async () => {
    await create('held', 1);
    const template = { metadata: { annotations: { version: '2' } } };
    await plane.kube.patch(`${DEPLOYMENTS}/held`, { spec: { paused: true, template } });
    expect(await makingAvailable('held', set('held', 2))).toMatchObject({ status: 200 });
    expect(await statusOf('held')).toMatchObject({ replicas: 2, availableReplicas: 2 });
    expect(at(await statusOf('held'), 'updatedReplicas')).toBeUndefined();
  });

  it('is resumed at another replica, without a write, after the API server has restarted', async () => {
    await create('moved', 1);
    const answer = await service.post('/replica-count?namespace=default&deployment=moved&wait=1', {
      replicas: 2,
    });
    expect(answer).toMatchObject({ status: 504, body: { code: 'NOT_READY_IN_TIME' } });
    const generation = at(await plane.deployment('moved'), 'metadata.generation');
    const resumed = other.get(String(answer.headers.location).replace('wait=1&', `wait=${SECONDS}&`));
    await until(() => other.cluster.waiters === 1);
    await plane.apiserver.killApiserver();
    await until(() => other.cluster.state === 'unreachable');
    await plane.apiserver.startApiserver();
    await until(() => other.cluster.state === 'ready');
    expect(await makingAvailable('moved', resumed)).toMatchObject({
      status: 200,
      body: { replicas: 2, available: 2 },
    });
    expect(at(await plane.deployment('moved'), 'metadata.generation')).toBe(generation);
  });
});

describe('a count is not reached, and the answer says why', () => {
  it.each([
    ['kubectl', 5, () => plane.succeed('kubectl', 'scale', 'deployment', 'taken', '--replicas=5')],
    ['patcher', 6, () => plane.patchScale('taken', 6)],
  ])('because %s sets %d', async (manager, count, act) => {
    if (manager === 'kubectl') await create('taken', 1);
    const answer = set('taken', 2);
    await judged(1);
    await act();
    expect(await answer).toMatchObject({
      status: 409,
      body: {
        code: 'REPLICAS_OVERRIDDEN',
        message: expect.stringContaining(`${manager} set it to ${count}`),
      },
      headers: { location: expect.stringContaining('replicas=2&uid=') },
    });
  });

  it('because an HPA sets another', async () => {
    await create('scaled', 2);
    await plane.autoscale('scaled', { minReplicas: 1, maxReplicas: 3 });
    const owners = async () => at((await service.get('/deployments/default/scaled')).body, 'owners.0.kind');
    await until(async () => (await owners()) === 'HorizontalPodAutoscaler');
    expect(await set('scaled', 9, 'default', '&force=true')).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('kube-controller-manager set it to 3') },
      headers: {
        'x-replicas-forecast': expect.stringMatching(/^undone; by="HorizontalPodAutoscaler\/scaled"/),
      },
    });
  });

  it('because of a quota', async () => {
    await plane.kube.post('/api/v1/namespaces', { metadata: { name: CROWDED } });
    const quotas = `/api/v1/namespaces/${CROWDED}/resourcequotas`;
    await plane.kube.post(quotas, { metadata: { name: 'one' }, spec: { hard: { pods: '1' } } });
    // Its controller does not run, and admission goes by the status.
    const status = { hard: { pods: '1' }, used: { pods: '0' } };
    expect(await plane.kube.patch(`${quotas}/one/status`, { status })).toMatchObject({ status: 200 });
    const file = await plane.write({ name: 'many', replicas: 0 });
    const manifest = JSON.parse(await readFile(file, 'utf8'));
    manifest.metadata.namespace = CROWDED;
    await plane.kube.post(`/apis/apps/v1/namespaces/${CROWDED}/deployments`, manifest);
    await until(async () => (await service.count(CROWDED, 'many')).status === 200);
    expect(await set('many', 2, CROWDED)).toMatchObject({
      status: 422,
      body: { code: 'ROLLOUT_STUCK', message: expect.stringMatching(/FailedCreate: .*exceeded quota: one/) },
    });
    // The condition is still there when the count of 0 is asked for, and says nothing of it.
    expect(await set('many', 0, CROWDED)).toMatchObject({ status: 200 });
  });

  it('because the rollout has passed its deadline, which does not hold for 0', async () => {
    await create('late', 1);
    const template = { metadata: { annotations: { version: '2' } } };
    await plane.kube.patch(`${DEPLOYMENTS}/late`, { spec: { progressDeadlineSeconds: 1, template } });
    expect(await set('late', 2)).toMatchObject({
      status: 422,
      body: { code: 'ROLLOUT_STUCK', message: expect.stringContaining('ProgressDeadlineExceeded') },
    });
    expect(await set('late', 0)).toMatchObject({ status: 200 });
  });

  it('because its pods cannot be started', async () => {
    await create('broken', 1);
    const answer = set('broken', 2);
    await until(async () => (await podsOf('broken')).length === 2);
    const message = 'Back-off pulling image "nginx"';
    const state = { waiting: { reason: 'ImagePullBackOff', message } };
    const container = { name: 'web', image: 'nginx', imageID: '', ready: false, restartCount: 0, state };
    await write('broken', { phase: 'Pending', containerStatuses: [container] });
    expect(await answer).toMatchObject({
      status: 422,
      body: { code: 'ROLLOUT_STUCK', message: expect.stringMatching(/pod broken-.*ImagePullBackOff/) },
    });
  });

  it('because the Deployment is deleted, and created again with the same name and count', async () => {
    await create('gone', 1);
    const answer = set('gone', 2);
    await judged(1);
    await plane.kube.delete(`${DEPLOYMENTS}/gone`);
    await until(async () => (await plane.kube.get(`${DEPLOYMENTS}/gone`)).status === 404);
    await plane.create('gone', 2);
    expect(await answer).toMatchObject({ status: 404, body: { code: 'DEPLOYMENT_GONE' } });
    const again = await service.get(String((await answer).headers.location));
    expect(again).toMatchObject({ status: 404, body: { code: 'DEPLOYMENT_GONE' } });
  });
});
