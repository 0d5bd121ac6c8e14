import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { run, tool } from '../support/chart/helm.ts';
import { deployment } from '../support/integration/contract-bodies.ts';
import { at, KubeRequests, textAt } from '../support/kube-requests.ts';
import { TestService } from '../support/service.ts';
import type { Answer } from '../support/test-client.ts';
import { until } from '../support/until.ts';

/**
 * Where kubectl, which has no wait for a count, answers too early or the wrong thing, and the service does not. On a real
 * API server without controllers, so that a test holds each moment for as long as it needs: it writes what the Deployment
 * controller would write.
 */
const NAMESPACE = 'kubectl-rollout-status';
const DEPLOYMENTS = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;
const SUCCESS = 'successfully rolled out';

let kube: KubeRequests;
let service: TestService;
let folder: string;

beforeAll(async () => {
  const apiserver = inject('kubeApiserver');
  kube = new KubeRequests(apiserver);
  await kube.post('/api/v1/namespaces', { metadata: { name: NAMESPACE } });
  service = await (await TestService.start({ kubeconfig: apiserver.kubeconfig })).synced();
  await service.autoscalersKnown(NAMESPACE);
  folder = await mkdtemp(join(tmpdir(), 'kubectl-'));
  await writeFile(join(folder, 'kubeconfig'), apiserver.kubeconfig, { mode: 0o600 });
});

afterAll(async () => {
  await service?.stop();
  await kube?.delete(DEPLOYMENTS);
  await kube?.delete(`/api/v1/namespaces/${NAMESPACE}`);
  await kube?.close();
  if (folder) await rm(folder, { recursive: true });
});

/** Runs kubectl, which must succeed, and returns what it prints. */
async function kubectl(...args: readonly string[]): Promise<string> {
  const environment = { HOME: folder, KUBECONFIG: join(folder, 'kubeconfig') };
  const ended = await run(await tool('kubectl'), ['-n', NAMESPACE, ...args], environment);
  expect(ended.status, ended.stderr).toBe(0);
  return ended.stdout;
}

const read = async (name: string) => (await kube.get(`${DEPLOYMENTS}/${name}`)).body;
const count = async (name: string) => at(await read(name), 'spec.replicas');

/** Writes that the controller has seen the present spec, how many pods there are, and how many of them are new and available. */
async function observe(name: string, replicas: number, updated = replicas): Promise<void> {
  const status = {
    observedGeneration: at(await read(name), 'metadata.generation'),
    replicas,
    updatedReplicas: updated,
    readyReplicas: updated,
    availableReplicas: updated,
  };
  const answer = await kube.patch(`${DEPLOYMENTS}/${name}/status`, { status });
  expect(answer).toMatchObject({ status: 200 });
  const version = textAt(answer.body, 'metadata.resourceVersion');
  const seen = await service.get(`/deployments/${NAMESPACE}/${name}?minResourceVersion=${version}`);
  expect(seen).toMatchObject({ status: 200 });
}

/** Creates a Deployment whose pods are all available. */
async function create(name: string, replicas: number): Promise<void> {
  const path = `${DEPLOYMENTS}?fieldManager=kubectl-create`;
  expect(await kube.post(path, deployment(name, replicas))).toMatchObject({ status: 201 });
  await observe(name, replicas);
}

/** A wait of the service. */
interface Wait {
  /** What it has answered so far. */
  answer: Answer | undefined;
  readonly end: Promise<Answer>;
}

/** Sets a count by the service and begins to wait for it. Returns once the API server has the count. */
async function scale(name: string, replicas: number): Promise<Wait> {
  const path = `/replica-count?namespace=${NAMESPACE}&deployment=${name}&wait=300`;
  const end = service.post(path, { replicas });
  const wait: Wait = { answer: undefined, end };
  void end.then((answer) => {
    wait.answer = answer;
  });
  await until(async () => wait.answer !== undefined || (await count(name)) === replicas);
  return wait;
}

it('a scale-down is done for kubectl while all pods still run, and for the service when the surplus is gone', async () => {
  await create('down', 5);
  const wait = await scale('down', 2);
  await observe('down', 5);
  expect(await kubectl('rollout', 'status', 'deployment/down', '--timeout=60s')).toContain(SUCCESS);
  await observe('down', 3);
  expect(await kubectl('rollout', 'status', 'deployment/down', '--timeout=60s')).toContain(SUCCESS);
  // Only pods of an earlier template are too many for kubectl.
  await observe('down', 3, 2);
  expect(await kubectl('rollout', 'status', 'deployment/down', '--watch=false')).toContain('old replicas');
  expect(wait.answer).toBeUndefined();
  await observe('down', 2);
  expect(await wait.end).toMatchObject({ status: 200, body: { replicaCount: 2 } });
});

it('so is a scale to 0', async () => {
  await create('zero', 2);
  const wait = await scale('zero', 0);
  await observe('zero', 2);
  expect(await kubectl('rollout', 'status', 'deployment/zero', '--timeout=60s')).toContain(SUCCESS);
  expect(wait.answer).toBeUndefined();
  await observe('zero', 0);
  expect(await wait.end).toMatchObject({ status: 200, body: { replicaCount: 0 } });
});

it('a count that somebody else resets is a success for kubectl, and the service names who reset it', async () => {
  await create('reset', 1);
  expect(await kubectl('scale', 'deployment/reset', '--replicas=2')).toContain('scaled');
  await observe('reset', 2);
  const wait = await scale('reset', 3);
  const patch = { spec: { replicas: 1 } };
  expect(await kube.patch(`${DEPLOYMENTS}/reset/scale?fieldManager=nightly-job`, patch)).toMatchObject({
    status: 200,
  });
  await observe('reset', 1);
  expect(await kubectl('rollout', 'status', 'deployment/reset', '--timeout=60s')).toContain(SUCCESS);
  expect(await wait.end).toMatchObject({
    status: 409,
    body: {
      code: 'REPLICAS_OVERRIDDEN',
      message: expect.stringMatching(/nightly-job.*\b1\b|\b1\b.*nightly-job/),
    },
  });
});
