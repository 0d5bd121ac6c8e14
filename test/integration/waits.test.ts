import { afterAll, beforeAll, expect, it } from 'vitest';
import { ControlPlane } from '../support/integration/control-plane.ts';
import { arrayAt, at, textAt } from '../support/kube-requests.ts';
import { TestService } from '../support/service.ts';
import type { Answer } from '../support/test-client.ts';
import { until } from '../support/until.ts';

/**
 * Waits on the real controllers of Deployments, ReplicaSets and HPAs. No kubelet runs: a test says itself which pods are
 * ready, and those that are deleted end at once.
 */
const PODS = '/api/v1/namespaces/default/pods';
const QUOTAS = '/api/v1/namespaces/default/resourcequotas';

let plane: ControlPlane;
let service: TestService;

beforeAll(async () => {
  plane = await ControlPlane.start();
  const waitTiming = { troubleMs: 100, pods: { firstMs: 0, everyMs: 20, stuckMs: 200 } };
  service = await (await TestService.start({ kubeconfig: plane.apiserver.kubeconfig, waitTiming })).synced();
  await service.autoscalersKnown('default');
}, 600_000);

afterAll(async () => {
  await service?.stop();
  await plane?.stop();
});

/** A wait of the service. */
interface Wait {
  /** What it has answered so far. */
  answer: Answer | undefined;
  readonly end: Promise<Answer>;
}

/** Begins to wait for a count that the service sets. Returns once the API server has it. */
async function scale(name: string, replicas: number, parameters = ''): Promise<Wait> {
  await until(async () => (await service.count('default', name)).status === 200);
  const path = `/replica-count?namespace=default&deployment=${name}&wait=300${parameters}`;
  const end = service.post(path, { replicas });
  const wait: Wait = { answer: undefined, end };
  void end.then((answer) => {
    wait.answer = answer;
  });
  await until(async () => wait.answer !== undefined || (await plane.count(name)) === replicas);
  return wait;
}

/** The names of the pods of a Deployment, once there are as many. */
async function podsOf(name: string, count: number): Promise<readonly string[]> {
  let names: readonly string[] = [];
  await until(async () => {
    const { body } = await plane.kube.get(`${PODS}?labelSelector=app=${name}`);
    names = arrayAt(body, 'items').map((pod) => textAt(pod, 'metadata.name'));
    return names.length === count;
  });
  return names;
}

/** Writes into the status of a pod as its kubelet would. */
async function write(pod: string, status: object): Promise<void> {
  expect(await plane.kube.patch(`${PODS}/${pod}/status`, { status })).toMatchObject({ status: 200 });
}

/** Says that these pods are ready. */
async function ready(...pods: readonly string[]): Promise<void> {
  const lastTransitionTime = new Date().toISOString();
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime }] };
  for (const pod of pods) await write(pod, status);
}

/** Resolves once the service has seen this many available pods. */
async function available(name: string, count: number): Promise<void> {
  await until(
    async () => at((await service.get(`/deployments/default/${name}`)).body, 'available') === count,
  );
}

const failure = (status: number, code: string, message: RegExp) => ({
  status,
  body: { code, message: expect.stringMatching(message) },
});

it('a wait ends when the last pod is available, and when the last surplus pod is gone', async () => {
  await plane.create('web', 0);
  const up = await scale('web', 3);
  const [last = '', ...others] = await podsOf('web', 3);
  await ready(...others);
  await available('web', 2);
  expect(up.answer).toBeUndefined();
  await ready(last);
  expect(await up.end).toMatchObject({ status: 200, body: { replicaCount: 3 } });
  const status = async () => at(await plane.deployment('web'), 'status');
  expect(await status()).toMatchObject({ replicas: 3, availableReplicas: 3 });

  const down = await scale('web', 1);
  expect(await down.end).toMatchObject({ status: 200, body: { replicaCount: 1 } });
  expect(await status()).toMatchObject({ replicas: 1, availableReplicas: 1 });
  const zero = await scale('web', 0);
  expect(await zero.end).toMatchObject({ status: 200, body: { replicaCount: 0 } });
  await podsOf('web', 0);
});

it('a paused Deployment has its replicas once all are available, of whichever template', async () => {
  await plane.create('paused', 1);
  await ready(...(await podsOf('paused', 1)));
  await plane.succeed('kubectl', 'rollout', 'pause', 'deployment/paused');
  await plane.succeed('kubectl', 'set', 'image', 'deployment/paused', 'web=nginx:2');
  const wait = await scale('paused', 2);
  await ready(...(await podsOf('paused', 2)));
  expect(await wait.end).toMatchObject({ status: 200, body: { replicaCount: 2 } });
  expect(at(await plane.deployment('paused'), 'status.updatedReplicas')).toBeUndefined();
});

it('a pod whose image cannot be pulled ends the wait, and who waits on sees it become ready', async () => {
  await plane.create('imageless', 0);
  const wait = await scale('imageless', 2);
  const [one = '', other = ''] = await podsOf('imageless', 2);
  const state = { waiting: { reason: 'ErrImagePull', message: 'no such host' } };
  const container = { name: 'web', image: 'nginx', imageID: '', ready: false, restartCount: 0, state };
  await ready(one);
  await write(other, { containerStatuses: [container] });
  const reason = new RegExp(`pod ${other}: ErrImagePull: no such host`);
  expect(await wait.end).toMatchObject(failure(422, 'ROLLOUT_STUCK', reason));
  await ready(other);
  const location = String((await wait.end).headers.location);
  expect(await service.get(location)).toMatchObject({ status: 200, body: { available: 2 } });
});

it('a count that an HPA sets back ends the wait, and the answer names it', async () => {
  await plane.create('scaled', 2);
  await plane.autoscale('scaled', { minReplicas: 2, maxReplicas: 4 });
  const wait = await scale('scaled', 7, '&force=true');
  const reason = /kube-controller-manager.*\b4\b|\b4\b.*kube-controller-manager/;
  expect(await wait.end).toMatchObject(failure(409, 'REPLICAS_OVERRIDDEN', reason));
});

it('a Deployment that is created again under its name is another', async () => {
  await plane.create('again', 0);
  const wait = await scale('again', 2);
  await plane.succeed('kubectl', 'delete', 'deployment', 'again');
  await plane.create('again', 2);
  expect(await wait.end).toMatchObject(failure(404, 'DEPLOYMENT_GONE', /again/));
  const location = String((await wait.end).headers.location);
  expect(await service.get(location)).toMatchObject(failure(404, 'DEPLOYMENT_GONE', /again/));
});

it('a wait outlasts an API server that is killed and started again', async () => {
  await plane.create('lasting', 0);
  const wait = await scale('lasting', 1);
  await plane.apiserver.killApiserver();
  await plane.apiserver.startApiserver();
  expect(wait.answer).toBeUndefined();
  await ready(...(await podsOf('lasting', 1)));
  expect(await wait.end).toMatchObject({ status: 200, body: { replicaCount: 1 } });
});

it('a quota that is used up ends the wait with its message', async () => {
  await plane.create('crowd', 0);
  const hard = { pods: '0' };
  const quota = { metadata: { name: 'none' }, spec: { hard } };
  expect(await plane.kube.post(QUOTAS, quota)).toMatchObject({ status: 201 });
  // Its controller, which does not run, would write this.
  const status = { hard, used: { pods: '0' } };
  expect(await plane.kube.patch(`${QUOTAS}/none/status`, { status })).toMatchObject({ status: 200 });
  const wait = await scale('crowd', 1);
  expect(await wait.end).toMatchObject(failure(422, 'ROLLOUT_STUCK', /exceeded quota: none/));
});
