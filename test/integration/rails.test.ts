import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { RailRule } from '../../src/cluster/rails/rule.ts';
import { deployment } from '../support/integration/contract-bodies.ts';
import { at, KubeRequests, textAt } from '../support/kube-requests.ts';
import { rule } from '../support/rails.ts';
import { PATIENT_WRITES, TestService } from '../support/service.ts';
import type { Answer } from '../support/test-client.ts';
import { until } from '../support/until.ts';

/** On a real API server: rails that depend on what a Deployment is, which others change at the same time. */
const NAMESPACE = 'rails';
const DEPLOYMENTS = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;
/** The codes of writes that have not been made because they had no time left. */
const TOO_LATE = new Set<unknown>(['CLUSTER_BUSY', 'KUBERNETES_TIMEOUT']);
const MAX = 'k8s-deployment-scaler/max';

let kube: KubeRequests;
let service: TestService;
const rules: { current: readonly RailRule[] } = { current: [] };

beforeAll(async () => {
  kube = new KubeRequests(inject('kubeApiserver'));
  await kube.post('/api/v1/namespaces', { metadata: { name: NAMESPACE } });
  const { kubeconfig } = inject('kubeApiserver');
  service = await (await TestService.start({ kubeconfig, rails: rules, timing: PATIENT_WRITES })).synced();
});

afterAll(async () => {
  await service?.stop();
  await kube?.delete(DEPLOYMENTS);
  await kube?.delete(`/api/v1/namespaces/${NAMESPACE}`);
  await kube?.close();
});

/** Creates a Deployment, and waits until the service has seen it. */
async function create(name: string, replicas: number): Promise<void> {
  expect(await kube.post(DEPLOYMENTS, deployment(name, replicas))).toMatchObject({ status: 201 });
  await until(async () => (await service.count(NAMESPACE, name)).status === 200);
}

/** Writes annotations, null: removes them. */
async function annotate(name: string, annotations: Record<string, string | null>): Promise<void> {
  const { status, body } = await kube.patch(`${DEPLOYMENTS}/${name}`, { metadata: { annotations } });
  expect(status).toBe(200);
  const version = textAt(body, 'metadata.resourceVersion');
  const read = `/replica-count?namespace=${NAMESPACE}&deployment=${name}&minResourceVersion=${version}`;
  await until(async () => (await service.get(read)).status === 200);
}

const limits = async (name: string) =>
  (await service.get(`/limits?namespace=${NAMESPACE}&deployment=${name}`)).body;

const write = (name: string, replicas: number) =>
  service.post(`/replica-count?namespace=${NAMESPACE}&deployment=${name}`, { replicas });

it('an annotation limits the count from when the service has seen it until it is removed', async () => {
  rules.current = [];
  await create('annotated', 3);
  expect(await limits('annotated')).toMatchObject({ allowZero: true, rails: [] });
  await annotate('annotated', { [MAX]: '5' });
  expect(await limits('annotated')).toMatchObject({
    replicas: 3,
    max: 5,
    rails: [{ from: `annotation ${MAX}`, max: 5 }],
  });
  expect(await write('annotated', 6)).toMatchObject({ status: 422, body: { code: 'RAIL' } });
  expect(await write('annotated', 5)).toMatchObject({ status: 200 });
  await annotate('annotated', { [MAX]: null });
  expect(await write('annotated', 6)).toMatchObject({ status: 200 });
});

/** The answer to a write, asked for until it has had its turn: on a busy machine some wait for longer than they may. */
async function settled(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (!TOO_LATE.has(at(answer.body, 'code'))) return answer;
  }
}

it('a step holds between any two changes, however many writers there are', async () => {
  rules.current = [rule('slow', { maxStep: { replicas: 1 } })];
  await create('contended', 5);
  const path = `${DEPLOYMENTS}/contended`;
  const first = textAt((await kube.get(path)).body, 'metadata.resourceVersion');
  const writers = Array.from({ length: 60 }, (_, index) =>
    settled(() => write('contended', 1 + (index % 9))),
  );
  const answers = await Promise.all(writers);
  const last = textAt((await kube.get(path)).body, 'metadata.resourceVersion');
  const counts = [5];
  const query = `watch=true&fieldSelector=metadata.name%3Dcontended&resourceVersion=${first}`;
  for await (const event of kube.watch(`${DEPLOYMENTS}?${query}`)) {
    counts.push(Number(at(event, 'object.spec.replicas')));
    if (at(event, 'object.metadata.resourceVersion') === last) break;
  }
  expect(counts.filter((count, index) => Math.abs(count - (counts[index - 1] ?? count)) > 1)).toEqual([]);
  // Some were near enough, and some were not.
  expect(counts.length).toBeGreaterThan(1);
  expect(answers.some(({ body }) => at(body, 'code') === 'RAIL')).toBe(true);
});
