import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { reduceDeployment } from '../../src/cluster/deployment.ts';
import { type PodTiming, PodTroubles, type PodWatch } from '../../src/cluster/rollout/pod-troubles.ts';
import { KubeClient, type KubeRequest } from '../../src/kube/client/kube-client.ts';
import { kubeConfigLoader } from '../../src/kube/kubeconfig/kubeconfig.ts';
import { ControlPlane } from '../support/integration/control-plane.ts';
import { allows } from '../support/integration/rbac.ts';
import { RecordingLogger } from '../support/kube/recording-logger.ts';
import { arrayAt, at, textAt } from '../support/kube-requests.ts';
import { until } from '../support/until.ts';

/**
 * The pods' reasons on a real API server with the controllers of Deployments and ReplicaSets. No kubelet runs, so the
 * tests write what it and the scheduler would write into the statuses of the pods.
 */
const ACCOUNT = 'pods-account';
const PODS = '/api/v1/namespaces/default/pods';
const REPLICA_SETS = '/apis/apps/v1/namespaces/default/replicasets';
const ROLES = '/apis/rbac.authorization.k8s.io/v1';
const QUICK: PodTiming = { firstMs: 0, everyMs: 20, stuckMs: 200 };
/** No second look within the test. */
const ONE_LOOK: PodTiming = { firstMs: 0, everyMs: 1e9, stuckMs: 200 };

const DEADLINE_MS = 60_000;

let plane: ControlPlane;
let admin: KubeClient;
const ended: (() => Promise<void> | void)[] = [];

beforeAll(async () => {
  plane = await ControlPlane.start();
  admin = new KubeClient(
    kubeConfigLoader({ kubeconfig: join(plane.folder, 'kubeconfig'), contextName: undefined }),
    4,
  );
}, 600_000);

afterEach(async () => {
  for (const end of ended.splice(0)) await end();
});

afterAll(async () => {
  await admin?.close();
  await plane?.stop();
});

/**
 * Looks at pods, and the paths that this has asked for. A busy API server has more time for an answer than in production:
 * a look that gets none asks again, and the number of requests would tell nothing.
 */
function looking(timing: PodTiming, client = admin) {
  const paths: string[] = [];
  const call = (request: KubeRequest) => {
    paths.push(request.path);
    return client.call({ ...request, deadlineMs: DEADLINE_MS });
  };
  const log = new RecordingLogger();
  const troubles = new PodTroubles({ call, reloadCredentials: () => {} }, log, timing);
  ended.push(() => troubles.stop());
  return { troubles, paths, log };
}

async function watch(troubles: PodTroubles, name: string, onLook = () => {}): Promise<PodWatch> {
  return troubles.watch(reduceDeployment(await plane.deployment(name)), onLook);
}

/** The names of the pods of a Deployment with the image, once there are as many. */
async function podsOf(name: string, count: number, image = 'nginx'): Promise<string[]> {
  let names: string[] = [];
  await until(async () => {
    const { body } = await plane.kube.get(`${PODS}?labelSelector=app=${name}`);
    const pods = arrayAt(body, 'items').filter((pod) => at(pod, 'spec.containers.0.image') === image);
    names = pods.map((pod) => textAt(pod, 'metadata.name'));
    return names.length === count;
  });
  return names;
}

async function podOf(name: string, image?: string): Promise<string> {
  const [pod = ''] = await podsOf(name, 1, image);
  return pod;
}

/** Writes into the status of a pod as its kubelet would. */
async function write(pod: string, status: object): Promise<void> {
  expect(await plane.kube.patch(`${PODS}/${pod}/status`, { status })).toMatchObject({ status: 200 });
}

const container = (state: object, parts = {}) => ({
  name: 'web',
  image: 'nginx',
  imageID: '',
  ready: false,
  restartCount: 0,
  state,
  ...parts,
});
const waiting = (reason: string, message: string) => container({ waiting: { reason, message } });
const running = (parts = {}) => container({ running: { startedAt: '2030-01-01T00:00:00Z' } }, parts);
const unscheduled = (status: 'True' | 'False') => ({
  type: 'PodScheduled',
  status,
  ...(status === 'False' && {
    reason: 'Unschedulable',
    message: '0/3 nodes are available: 3 Insufficient cpu.',
  }),
});

describe('the trouble of a pod', () => {
  it('is told from what the scheduler and the kubelet write, and is stuck after its time', async () => {
    await plane.create('cart', 1);
    const pod = await podOf('cart');
    const watching = await watch(looking(QUICK).troubles, 'cart');
    const message = () => watching.trouble?.message;
    const tells = (text: string) => until(() => message() === `pod ${pod}: ${text}`);

    await write(pod, { conditions: [unscheduled('False')] });
    await tells('Unschedulable: 0/3 nodes are available: 3 Insufficient cpu.');
    await until(() => watching.trouble?.stuck === true);

    await write(pod, {
      conditions: [unscheduled('True')],
      containerStatuses: [waiting('ImagePullBackOff', 'Back-off pulling image "nginx"')],
    });
    await tells('ImagePullBackOff: Back-off pulling image "nginx"');

    await write(pod, { containerStatuses: [waiting('CreateContainerConfigError', 'secret "a" not found')] });
    await tells('CreateContainerConfigError: secret "a" not found');

    await write(pod, { containerStatuses: [running({ ready: true })] });
    await until(() => watching.trouble === undefined);

    await write(pod, { containerStatuses: [waiting('CrashLoopBackOff', 'back-off 10s')] });
    await tells('CrashLoopBackOff: back-off 10s');
    await write(pod, { containerStatuses: [running({ restartCount: 2 })] });
    await tells('container web is not ready, restarts so far: 2');
    const ended = container({ terminated: { reason: 'Error', exitCode: 3 } }, { restartCount: 3 });
    await write(pod, { containerStatuses: [ended] });
    await tells('Error: container web ended with exit code 3, restarts so far: 3');
    await until(() => watching.trouble?.stuck === true);
    watching.available(1);
    expect(watching.trouble?.stuck).toBe(false);
    await write(pod, { containerStatuses: [running({ ready: true, restartCount: 2 })] });
    await until(() => watching.trouble === undefined);

    const init = waiting('ErrImagePull', 'no such host');
    await write(pod, { initContainerStatuses: [init], containerStatuses: [waiting('PodInitializing', '')] });
    await tells('ErrImagePull: no such host');
  });

  it('is none if only pods of an earlier ReplicaSet have it', async () => {
    await plane.create('rolled', 1);
    const old = await podOf('rolled');
    await write(old, { containerStatuses: [waiting('ImagePullBackOff', 'old')] });
    await plane.succeed('kubectl', 'set', 'image', 'deployment/rolled', 'web=nginx:2');
    const fresh = await podOf('rolled', 'nginx:2');
    let looks = 0;
    const watching = await watch(looking(QUICK).troubles, 'rolled', () => {
      looks += 1;
    });
    await until(() => looks > 1);
    expect(watching.trouble).toBeUndefined();
    await write(fresh, { containerStatuses: [waiting('ImagePullBackOff', 'new')] });
    await until(() => watching.trouble?.message === `pod ${fresh}: ImagePullBackOff: new`);

    // Its ReplicaSet is older, and the newest again.
    await plane.succeed('kubectl', 'rollout', 'undo', 'deployment/rolled');
    await until(() => watching.trouble?.message === `pod ${old}: ImagePullBackOff: old`);
  });

  it('is found by a selector of any form', async () => {
    const labels = { app: 'chosen', tier: 'web' };
    const selector = {
      matchLabels: { app: 'chosen' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['web', 'api'] },
        { key: 'tier', operator: 'NotIn', values: ['batch'] },
        { key: 'app', operator: 'Exists' },
        { key: 'none', operator: 'DoesNotExist' },
      ],
    };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'nginx' }] } };
    const body = { metadata: { name: 'chosen' }, spec: { replicas: 1, selector, template } };
    const path = '/apis/apps/v1/namespaces/default/deployments';
    expect(await plane.kube.post(path, body)).toMatchObject({ status: 201 });
    const pod = await podOf('chosen');
    await write(pod, { containerStatuses: [waiting('InvalidImageName', 'no')] });
    const watching = await watch(looking(QUICK).troubles, 'chosen');
    await until(() => watching.trouble?.message === `pod ${pod}: InvalidImageName: no`);
  });
});

it('a look costs three requests once, whatever the number of those who wait', async () => {
  await plane.create('shared', 1);
  const pod = await podOf('shared');
  await write(pod, { containerStatuses: [waiting('ErrImagePull', 'no')] });
  const { troubles, paths } = looking(ONE_LOOK);
  let told = 0;
  const deployment = reduceDeployment(await plane.deployment('shared'));
  const watches = Array.from({ length: 500 }, () =>
    troubles.watch(deployment, () => {
      told += 1;
    }),
  );
  await until(() => told === 500);
  expect(paths).toEqual(['/apis/apps/v1/namespaces/default/deployments/shared', REPLICA_SETS, PODS]);
  expect(watches.every(({ trouble }) => trouble?.message === `pod ${pod}: ErrImagePull: no`)).toBe(true);
});

it('an account without the rights is told which one it lacks, and asks no more', async () => {
  const grant = async (name: string, apiGroup: string, resource: string, verb: string) => {
    const rule = { apiGroups: [apiGroup], resources: [resource], verbs: [verb] };
    await plane.kube.post(`${ROLES}/clusterroles`, { metadata: { name }, rules: [rule] });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name };
    const subjects = [{ kind: 'User', name: ACCOUNT, apiGroup: 'rbac.authorization.k8s.io' }];
    await plane.kube.post(`${ROLES}/clusterrolebindings`, { metadata: { name }, roleRef, subjects });
    const resourceAttributes = { verb, group: apiGroup, resource, namespace: 'default' };
    await until(() => allows(plane.kube, { user: ACCOUNT, resourceAttributes }));
  };
  const file = join(plane.folder, ACCOUNT);
  await writeFile(file, await plane.apiserver.kubeconfigFor(ACCOUNT), { mode: 0o600 });
  const client = new KubeClient(kubeConfigLoader({ kubeconfig: file, contextName: undefined }), 4);
  ended.push(() => client.close());
  await plane.create('unseen', 1);

  /** What somebody who begins to look now is told, and how many requests that has cost after further looks. */
  const told = async () => {
    const { troubles, paths } = looking(QUICK, client);
    let looks = 0;
    const watching = await watch(troubles, 'unseen', () => {
      looks += 1;
    });
    await until(() => looks > 3);
    return { right: watching.missingRight, requests: paths.length };
  };
  const words = (right: string) =>
    `the service may not ${right} in the namespace "default", which would tell why`;
  await grant(`${ACCOUNT}-get`, 'apps', 'deployments', 'get');
  expect(await told()).toEqual({ right: words('list replicasets.apps and pods'), requests: 2 });
  await grant(`${ACCOUNT}-replicasets`, 'apps', 'replicasets', 'list');
  expect(await told()).toEqual({ right: words('list pods'), requests: 3 });
  await grant(`${ACCOUNT}-pods`, '', 'pods', 'list');
  expect(await told()).toMatchObject({ right: undefined });
});
