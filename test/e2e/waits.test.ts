import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apply, kubectl } from '../support/e2e/commands.ts';
import { decided } from '../support/e2e/decided.ts';
import { Release } from '../support/e2e/release.ts';
import { deployment } from '../support/e2e/workload.ts';
import type { Answer, TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

/** More than every outcome takes, except where a test names another. */
const WAIT_SECONDS = 200;
/** Nothing listens on this port of the node, so that the kubelet learns at once that there is no such image. */
const NO_IMAGE = { image: '127.0.0.1:1/on-no-node:v1' };
const NEEDS_SECRET = { env: [{ name: 'LATE', valueFrom: { secretKeyRef: { name: 'late', key: 'late' } } }] };

let release: Release;
/** Its quota lets 2 pods be. */
let crowded: string;
/** One of each pod of the service. */
let clients: TestClient[];

beforeAll(async () => {
  release = await Release.install();
  crowded = `${release.name}-crowded`;
  await kubectl('create', 'namespace', crowded);
  await kubectl('create', 'quota', 'two', '-n', crowded, '--hard=pods=2');
  // Until the controller has filled its status, the quota limits nothing.
  const counted = ['quota/two', '--for=jsonpath={.status.hard.pods}=2', '--timeout=120s'];
  await kubectl('wait', '-n', crowded, ...counted);
  clients = await Promise.all((await release.pods()).map((pod) => release.client('client', `pod/${pod}`)));
});

afterAll(async () => {
  if (crowded) await kubectl('delete', 'namespace', crowded, '--ignore-not-found', '--wait=false');
  await release?.remove();
});

/** A client of the first pod of the service, or of the second. */
function client(index = 0): TestClient {
  return clients[index] ?? expect.fail('the release has two pods');
}

/** Creates a Deployment of 0 whose container differs by these fields, once the service knows it. */
async function create(name: string, container: object = {}, namespace = release.workloads): Promise<void> {
  await apply(deployment({ namespace, name, replicas: 0, container }));
  await until(async () => (await client().count(namespace, name)).status === 200);
}

/** Sets a count and waits for it. */
function scale(
  name: string,
  replicas: number,
  seconds = WAIT_SECONDS,
  namespace = release.workloads,
): Promise<Answer> {
  const query = `namespace=${namespace}&deployment=${name}&wait=${seconds}`;
  return decided(() => client().post(`/replica-count?${query}`, { replicas }));
}

const get = (name: string, path: string, namespace = release.workloads) =>
  kubectl('get', '-n', namespace, 'deployment', name, '-o', `jsonpath={${path}}`);

/** Why the containers of a Deployment wait, separated by spaces. */
const waitingReasons = (name: string) => {
  const path = '{.items[*].status.containerStatuses[*].state.waiting.reason}';
  return kubectl('get', 'pods', '-n', release.workloads, '-l', `app=${name}`, '-o', `jsonpath=${path}`);
};

/** The pods of a Deployment that run and are to stay. */
async function runningPods(name: string): Promise<number> {
  const template =
    '{{range .items}}{{if not .metadata.deletionTimestamp}}{{.status.phase}}{{"\\n"}}{{end}}{{end}}';
  const out = await kubectl(
    'get',
    'pods',
    '-n',
    release.workloads,
    '-l',
    `app=${name}`,
    '-o',
    `go-template=${template}`,
  );
  return out.split('\n').filter((phase) => phase === 'Running').length;
}

const error = (status: number, code: string, message: RegExp) => ({
  status,
  body: { code, message: expect.stringMatching(message) },
});

describe.concurrent('a wait on real pods', () => {
  it('answers when all pods are available, and when those that are too many are gone', async () => {
    await create('web');
    for (const replicas of [5, 2, 0]) {
      const rollout = kubectl(
        'rollout',
        'status',
        '-n',
        release.workloads,
        'deployment/web',
        '--timeout=200s',
      );
      expect(await scale('web', replicas)).toMatchObject({ status: 200, body: { replicaCount: replicas } });
      // At 0 the fields are absent.
      expect(await get('web', '.status.availableReplicas')).toBe(replicas === 0 ? '' : `${replicas}`);
      expect(await get('web', '.status.replicas')).toBe(replicas === 0 ? '' : `${replicas}`);
      expect(await runningPods('web')).toBe(replicas);
      expect(await rollout).toContain('successfully rolled out');
    }
  });

  it('tells that a quota is used up', async () => {
    await create('crowd', {}, crowded);
    const answer = await scale('crowd', 4, WAIT_SECONDS, crowded);
    expect(answer).toMatchObject(error(422, 'ROLLOUT_STUCK', /exceeded quota: two.*limited: pods=2/));
    expect(await get('crowd', '.spec.replicas', crowded)).toBe('4');
  });

  it('tells that an image cannot be pulled', async () => {
    await create('imageless', NO_IMAGE);
    const reason = /pod imageless-\S+: (ErrImagePull|ImagePullBackOff): .*127\.0\.0\.1:1\/on-no-node:v1/;
    expect(await scale('imageless', 2)).toMatchObject(error(422, 'ROLLOUT_STUCK', reason));
  });

  it('tells that pods fit on no node', async () => {
    await create('huge', { resources: { requests: { cpu: '1000' } } });
    const reason = /pod huge-\S+: Unschedulable: 0\/1 nodes are available: 1 Insufficient cpu/;
    expect(await scale('huge', 1)).toMatchObject(error(422, 'ROLLOUT_STUCK', reason));
  });

  it('tells that a container crashes again and again', async () => {
    // Without a probe a container is ready as soon as it runs, and so the pod available for a moment.
    const readinessProbe = { exec: { command: ['false'] } };
    await create('crashing', { command: ['node', '-e', 'process.exit(3)'], readinessProbe });
    // The last one is said while it runs, until it crashes again.
    const reason =
      /pod crashing-\S+: (CrashLoopBackOff: back-off|Error: container idle ended with exit code 3|container idle is not ready, restarts so far: )/;
    expect(await scale('crashing', 1)).toMatchObject(error(422, 'ROLLOUT_STUCK', reason));
  });

  it('tells at its end what is missing, and goes on at another pod of the service until that is there', async () => {
    await create('configured', NEEDS_SECRET);
    // The wait is short, so the first pod has been scheduled and has failed before it.
    await kubectl('scale', '-n', release.workloads, 'deployment/configured', '--replicas=1');
    await until(async () => (await waitingReasons('configured')) === 'CreateContainerConfigError', 180_000);
    const answer = await scale('configured', 2, 25);
    const reason = /pod configured-\S+: CreateContainerConfigError: secret "late" not found/;
    expect(answer).toMatchObject(error(504, 'NOT_READY_IN_TIME', reason));
    const generation = await get('configured', '.metadata.generation');
    await release.secret('late', { late: 'now' }, release.workloads);
    const location = String(answer.headers.location).replace('wait=25', `wait=${WAIT_SECONDS}`);
    expect(await client(1).get(location)).toMatchObject({
      status: 200,
      body: { replicas: 2, phase: 'stable' },
    });
    expect(await get('configured', '.status.availableReplicas')).toBe('2');
    expect(await get('configured', '.metadata.generation')).toBe(generation);
  });

  it('ends when kubectl sets another count', async () => {
    await create('contested', NO_IMAGE);
    const answer = scale('contested', 3);
    await until(async () => (await get('contested', '.spec.replicas')) === '3');
    await kubectl('scale', '-n', release.workloads, 'deployment/contested', '--replicas=1');
    expect(await answer).toMatchObject(error(409, 'REPLICAS_OVERRIDDEN', /kubectl.* 1\b|1\b.*kubectl/));
  });

  it('ends when the Deployment is deleted', async () => {
    await create('deleted', NO_IMAGE);
    const answer = scale('deleted', 3);
    await until(async () => (await get('deleted', '.spec.replicas')) === '3');
    await kubectl('delete', '-n', release.workloads, 'deployment/deleted');
    expect(await answer).toMatchObject(error(404, 'DEPLOYMENT_GONE', /deleted/));
  });
});

describe('a wait of a service whose account may not list pods', () => {
  beforeAll(async () => {
    await release.upgrade({ rolloutReasons: false });
    const account = `--as=system:serviceaccount:${release.name}:${release.fullname}`;
    const question = ['auth', 'can-i', 'list', 'pods', '-n', release.workloads, account];
    await until(() =>
      kubectl(...question).then(
        () => false,
        () => true, // "no" has the status 1
      ),
    );
  });

  it('answers as before, and names the right at its end', async () => {
    await create('unseen', NO_IMAGE);
    const reason = /list replicasets\.apps and pods in the namespace "e2e-/;
    // Enough for a second look at pods, if the API server does not answer the first one in time.
    expect(await scale('unseen', 1, 20)).toMatchObject(error(504, 'NOT_READY_IN_TIME', reason));
    await create('seen');
    expect(await scale('seen', 1)).toMatchObject({ status: 200 });
  });
});
