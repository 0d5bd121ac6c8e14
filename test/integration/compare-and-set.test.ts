import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { deployment } from '../support/integration/contract-bodies.ts';
import { SERVICE } from '../support/integration/control-plane.ts';
import { at, KubeRequests } from '../support/kube-requests.ts';
import { TestService } from '../support/service.ts';
import type { Answer } from '../support/test-client.ts';
import { until } from '../support/until.ts';

/** On a real API server: writes that must change nothing, and writers that must not overwrite each other. */
const NAMESPACE = 'compare-and-set';
const DEPLOYMENTS = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;
const WRITERS = 50;
/** The codes of writes that have not been made because they had no time left. */
const TOO_LATE = new Set<unknown>(['CLUSTER_BUSY', 'KUBERNETES_TIMEOUT']);

let kube: KubeRequests;
let service: TestService;

beforeAll(async () => {
  kube = new KubeRequests(inject('kubeApiserver'));
  await kube.post('/api/v1/namespaces', { metadata: { name: NAMESPACE } });
  service = await (await TestService.start({ kubeconfig: inject('kubeApiserver').kubeconfig })).synced();
  await service.autoscalersKnown(NAMESPACE);
});

afterAll(async () => {
  await service?.stop();
  await kube?.delete(DEPLOYMENTS);
  await kube?.delete(`/api/v1/namespaces/${NAMESPACE}`);
  await kube?.close();
});

/** Creates a Deployment of 3 as kubectl does, and waits until the service has seen it. */
async function create(name: string): Promise<void> {
  expect(await kube.post(`${DEPLOYMENTS}?fieldManager=kubectl-create`, deployment(name, 3))).toMatchObject({
    status: 201,
  });
  await until(async () => (await service.count(NAMESPACE, name)).status === 200);
}

const metadata = async (name: string) => at((await kube.get(`${DEPLOYMENTS}/${name}`)).body, 'metadata');

const scale = (name: string, replicas: number, parameters = '') =>
  service.post(`/replica-count?namespace=${NAMESPACE}&deployment=${name}${parameters}`, { replicas });

describe('a write of the present count', () => {
  it('changes nothing: no version, no generation, no owner', async () => {
    await create('same');
    const before = await metadata('same');
    for (let time = 1; time <= 2; time += 1) {
      expect(await scale('same', 3)).toMatchObject({ status: 200, body: { replicaCount: 3 } });
      expect(await metadata('same')).toEqual(before);
    }
  });

  it('leaves the writes after it to be recorded as those of the service', async () => {
    await create('recorded');
    for (const replicas of [3, 3, 4])
      expect(await scale('recorded', replicas)).toMatchObject({ status: 200 });
    const managed = at(await metadata('recorded'), 'managedFields');
    expect(managed).toContainEqual(
      expect.objectContaining({ manager: SERVICE, operation: 'Apply', subresource: 'scale' }),
    );
  });
});

describe('a dry run', () => {
  it('answers as the write would, and changes nothing', async () => {
    await create('dry');
    const before = await metadata('dry');
    expect(await scale('dry', 7, '&dryRun=true')).toMatchObject({
      status: 200,
      headers: { 'x-replicas-forecast': 'holds' },
      body: { replicaCount: 7 },
    });
    expect(await metadata('dry')).toEqual(before);
    expect((await service.count(NAMESPACE, 'dry')).body).toEqual({ replicaCount: 3 });
  });
});

describe('currentReplicas', () => {
  it('is held at the API server: another count there is 412, and nothing changes', async () => {
    await create('held');
    const before = await metadata('held');
    expect(await scale('held', 7, '&currentReplicas=2')).toMatchObject({
      status: 412,
      body: { code: 'PRECONDITION_FAILED' },
    });
    expect(await metadata('held')).toEqual(before);
    expect(await scale('held', 7, '&currentReplicas=3')).toMatchObject({
      status: 200,
      headers: { 'x-previous-replicas': '3' },
    });
  });

  /** The answer to a write, asked for until it has had its turn: on a busy machine some wait for longer than they may. */
  async function attempt(replicas: number, current: number): Promise<Answer> {
    for (;;) {
      const answer = await scale('contended', replicas, `&currentReplicas=${current}`);
      if (!TOO_LATE.has(at(answer.body, 'code'))) return answer;
    }
  }

  it(`lets exactly one of ${WRITERS} writers win each round`, async () => {
    await create('contended');
    let current = 3;
    for (let round = 1; round <= 5; round += 1) {
      const writers = Array.from({ length: WRITERS }, (_, index) => round * 100 + index);
      const answers = await Promise.all(writers.map((replicas) => attempt(replicas, current)));
      const statuses = answers.map(({ status }) => status).toSorted();
      expect(statuses).toEqual([200, ...Array<number>(WRITERS - 1).fill(412)]);
      const winner = answers.findIndex(({ status }) => status === 200);
      current = writers[winner] ?? Number.NaN;
      expect(at((await kube.get(`${DEPLOYMENTS}/contended`)).body, 'spec.replicas')).toBe(current);
    }
  });
});
