import { isDeepStrictEqual } from 'node:util';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  inject,
  it,
  onTestFinished,
} from 'vitest';
import type { BatchAnswerBody } from '../../src/api/batch-schema.ts';
import { batch, countsIn, itemsWith } from '../support/batches.ts';
import { deployment } from '../support/integration/contract-bodies.ts';
import { SERVICE } from '../support/integration/control-plane.ts';
import { arrayAt, at, KubeRequests, textAt } from '../support/kube-requests.ts';
import { ServerProcess } from '../support/server-process.ts';
import { PATIENT_WRITES, TestService } from '../support/service.ts';
import { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

/** Batches of writes on a real API server. No controller changes a count of its own. */
const NAMESPACE = 'batches';
const DEPLOYMENTS = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;
const JOBS = Array.from({ length: 60 }, (_, at) => `job-${`${at}`.padStart(2, '0')}`);
/** In another order than by name, and none is 0. */
const countOf = (at: number) => 1 + ((at * 7) % 5);
const BEFORE: Readonly<Record<string, number>> = Object.fromEntries(
  JOBS.map((name, at) => [name, countOf(at)]),
);
const PARKED: Readonly<Record<string, number>> = Object.fromEntries(JOBS.map((name) => [name, 0]));

let kube: KubeRequests;
/** Two replicas of the service. */
let service: TestService;
let other: TestService;

beforeAll(async () => {
  kube = new KubeRequests(inject('kubeApiserver'));
  await kube.post('/api/v1/namespaces', { metadata: { name: NAMESPACE } });
  const { kubeconfig } = inject('kubeApiserver');
  [service, other] = await Promise.all([
    TestService.start({ kubeconfig, timing: PATIENT_WRITES }),
    TestService.start({ kubeconfig, timing: PATIENT_WRITES }),
  ]);
  await Promise.all([service.synced(), other.synced()]);
  await Promise.all([service.autoscalersKnown(NAMESPACE), other.autoscalersKnown(NAMESPACE)]);
});

beforeEach(async () => {
  await Promise.all(JOBS.map((name, at) => create(name, countOf(at))));
  for (const each of [service, other])
    await until(async () => (await planned(each)).items.length === JOBS.length);
});

afterEach(async () => {
  await kube.delete(DEPLOYMENTS);
  for (const each of [service, other]) await until(async () => (await planned(each)).items.length === 0);
});

afterAll(async () => {
  await service?.stop();
  await other?.stop();
  await kube?.delete(`/api/v1/namespaces/${NAMESPACE}`);
  await kube?.close();
});

async function create(name: string, replicas: number): Promise<void> {
  const body = deployment(name, replicas);
  const labelled = { ...body, metadata: { ...body.metadata, labels: { tier: 'batch' } } };
  expect(await kube.post(`${DEPLOYMENTS}?fieldManager=kubectl-create`, labelled)).toMatchObject({
    status: 201,
  });
}

/** The plan of parking all jobs. */
function planned(poster: Parameters<typeof batch>[0]): Promise<BatchAnswerBody> {
  const select = { namespace: NAMESPACE, labelSelector: 'tier=batch' };
  return batch(poster, { select, replicas: 0 }, '?dryRun=true');
}

/** The count of each job in the API server. */
async function counts(): Promise<Record<string, unknown>> {
  const list = arrayAt((await kube.get(DEPLOYMENTS)).body, 'items');
  return Object.fromEntries(
    list.map((each) => [textAt(each, 'metadata.name'), at(each, 'spec.replicas') ?? 0]),
  );
}

/** Sets a count as `kubectl edit` does. */
async function edit(name: string, replicas: number): Promise<void> {
  const path = `${DEPLOYMENTS}/${name}?fieldManager=kubectl-edit`;
  expect(await kube.patch(path, { spec: { replicas } })).toMatchObject({ status: 200 });
}

describe('a receipt', () => {
  it('parks all jobs and takes them back on another replica, to where they began', async () => {
    const { receipt } = await planned(service);
    expect(countsIn(await batch(service, { receipt }))).toEqual({ set: JOBS.length });
    expect(await counts()).toEqual(PARKED);
    expect(countsIn(await batch(other, { restore: receipt }))).toEqual({ set: JOBS.length });
    expect(await counts()).toEqual(BEFORE);
  });

  it('leaves alone what others have changed, deleted or created again, and says who changed it', async () => {
    const { receipt } = await planned(service);
    await batch(service, { receipt });
    await edit('job-03', 9);
    await kube.delete(`${DEPLOYMENTS}/job-04`);
    await kube.delete(`${DEPLOYMENTS}/job-05`);
    await create('job-05', 0);
    const restored = await batch(other, { restore: receipt });
    expect(countsIn(restored)).toEqual({ set: JOBS.length - 3, leftAlone: 3 });
    expect(itemsWith('leftAlone', restored)).toMatchObject([
      { deployment: 'job-03', code: 'CHANGED_SINCE', from: 9, changedBy: { by: 'kubectl-edit' } },
      { deployment: 'job-04', code: 'DEPLOYMENT_GONE' },
      { deployment: 'job-05', code: 'DEPLOYMENT_GONE' },
    ]);
    const { 'job-04': _, ...left } = BEFORE;
    expect(await counts()).toEqual({ ...left, 'job-03': 9, 'job-05': 0 });
  });

  it('whose Deployments were all created again is refused', async () => {
    const { receipt } = await planned(service);
    await kube.delete(DEPLOYMENTS);
    await Promise.all(JOBS.map((name, at) => create(name, countOf(at))));
    const old = new Set(receipt?.items.map(({ uid }) => uid));
    await until(async () => {
      const now = (await planned(service)).receipt?.items ?? [];
      return now.length === JOBS.length && now.every(({ uid }) => !old.has(uid));
    });
    expect(await service.post('/scale', { receipt })).toMatchObject({
      status: 409,
      body: { code: 'RECEIPT_FOREIGN' },
    });
    expect(await counts()).toEqual(BEFORE);
  });
});

describe('two batches over the same items at once, on two replicas', () => {
  it('set each item once each, and both name the count that they really replaced', async () => {
    const setting = (replicas: number) => ({
      items: JOBS.map((name) => ({ namespace: NAMESPACE, deployment: name, replicas })),
    });
    const [first, second] = await Promise.all([batch(service, setting(11)), batch(other, setting(12))]);
    expect([countsIn(first), countsIn(second)]).toEqual([{ set: JOBS.length }, { set: JOBS.length }]);
    const after = await counts();
    for (const [at, { deployment: name, from }] of first.items.entries()) {
      const expected = after[name] === 11 ? [12, BEFORE[name]] : [BEFORE[name], 11];
      expect([from, second.items[at]?.from]).toEqual(expected);
    }
  });
});

describe('a batch whose service is killed in the middle', () => {
  /** The service as a process, and a client of it. */
  async function startService() {
    const server = await ServerProcess.start(inject('kubeApiserver').kubeconfig);
    await server.ready();
    const { cert, key } = server.client;
    const client = new TestClient(await server.port(), { ca: server.authority.cert, cert, key });
    onTestFinished(() => client.close());
    return { server, client };
  }

  async function kill() {
    const { server, client } = await startService();
    const { receipt } = await planned(client);
    const answered = client.post('/scale', { receipt }).catch(() => undefined);
    await until(() => (server.output.match(/"outcome":"set"/g) ?? []).length >= 10);
    server.signal('SIGKILL');
    await server.exited();
    await answered;
    for (const [name, count] of Object.entries(await counts())) expect([0, BEFORE[name]]).toContain(count);
    return receipt;
  }

  it('is finished by its receipt on another replica', async () => {
    const receipt = await kill();
    const finished = await batch(other, { receipt });
    expect(finished.counts).toMatchObject({ leftAlone: 0, failed: 0, unknown: 0, notStarted: 0 });
    expect(await counts()).toEqual(PARKED);
  });

  it('is taken back by its receipt on another replica', async () => {
    const receipt = await kill();
    const takenBack = async () => {
      const restored = await batch(other, { restore: receipt });
      expect(restored.counts).toMatchObject({ leftAlone: 0, failed: 0, unknown: 0, notStarted: 0 });
      return isDeepStrictEqual(await counts(), BEFORE);
    };
    // The API server may carry out a last write of the killed process after that.
    await until(takenBack);
  });
});

it('a batch is in the Events of its Deployments, and its counts are owned by the service', async () => {
  const items = [{ namespace: NAMESPACE, deployment: 'job-00', replicas: 8 }];
  const answer = await batch(service, { items });
  const managed = at((await kube.get(`${DEPLOYMENTS}/job-00`)).body, 'metadata.managedFields');
  expect(managed).toContainEqual(expect.objectContaining({ manager: SERVICE, subresource: 'scale' }));
  const path = `/api/v1/namespaces/${NAMESPACE}/events?fieldSelector=involvedObject.name%3Djob-00`;
  const messages = async () =>
    arrayAt((await kube.get(path)).body, 'items').map((event) => textAt(event, 'message'));
  await until(async () => (await messages()).some((text) => text.endsWith(`in batch ${answer.batch}`)));
});
