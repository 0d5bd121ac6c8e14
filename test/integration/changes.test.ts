import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { KubeClient } from '../../src/kube/client/kube-client.ts';
import { ControlPlane, SERVICE } from '../support/integration/control-plane.ts';
import { allows } from '../support/integration/rbac.ts';
import { arrayAt, at, textAt } from '../support/kube-requests.ts';
import { logTo } from '../support/log-to.ts';
import { type ServiceOptions, TestService } from '../support/service.ts';
import { measured } from '../support/service-metrics.ts';
import { until } from '../support/until.ts';

/** On a real control plane: who changed a count, who fights about it, and the Events that kubectl shows. */
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const ACCOUNT = 'scaler-without-events';
const OURS = { manager: SERVICE, operation: 'Apply', subresource: 'scale' };
const KUBECTL_SCALE = { manager: 'kubectl', operation: 'Update', subresource: 'scale' };
const EVENT_DEADLINE_MS = 60_000;

let plane: ControlPlane;
/** Two replicas of the service. */
let one: TestService;
let two: TestService;
const running: TestService[] = [];

beforeAll(async () => {
  patientWithEvents();
  plane = await ControlPlane.start();
  const { kubeconfig } = plane.apiserver;
  one = await start({ kubeconfig });
  two = await start({ kubeconfig });
}, 600_000);

afterAll(async () => {
  await stopServices();
  await plane?.stop();
});

async function start(options: ServiceOptions): Promise<TestService> {
  const service = await TestService.start(options);
  running.push(service);
  return service.synced();
}

async function stopServices(): Promise<void> {
  await Promise.all(running.splice(0).map((service) => service.stop()));
}

/**
 * The service gives an Event up if the API server does not answer within 2 s. A busy one has more time here, because the
 * tests count Events.
 */
function patientWithEvents(): void {
  const { call } = KubeClient.prototype;
  vi.spyOn(KubeClient.prototype, 'call').mockImplementation(function (this: KubeClient, request) {
    const isEvent = request.method === 'POST' && request.path.endsWith('/events');
    return call.call(this, isEvent ? { ...request, deadlineMs: EVENT_DEADLINE_MS } : request);
  });
}

/** The answer of a replica that has seen the Deployment as it is now. */
async function read(service: TestService, name: string, path = ''): Promise<unknown> {
  const version = textAt(await plane.deployment(name), 'metadata.resourceVersion');
  const answer = await service.get(`/deployments/default/${name}${path}?minResourceVersion=${version}`);
  expect(answer.status).toBe(200);
  return answer.body;
}

const changesOf = (service: TestService, name: string) => read(service, name, '/changes');

/** Scales by a replica of the service, which must know the Deployment. */
async function scale(service: TestService, name: string, replicas: number): Promise<void> {
  await read(service, name);
  expect(await service.scale('default', name, replicas)).toMatchObject({ status: 200 });
}

const kubectlScale = (name: string, replicas: number) =>
  plane.succeed('kubectl', 'scale', `deployment/${name}`, `--replicas=${replicas}`);

/** The Events of a Deployment with this reason, as kubectl gets them. */
async function eventsOf(name: string, reason: string): Promise<readonly unknown[]> {
  const { stdout } = await plane.succeed(
    'kubectl',
    'get',
    'events',
    '--output=json',
    `--field-selector=involvedObject.kind=Deployment,involvedObject.name=${name},reason=${reason}`,
  );
  return arrayAt(JSON.parse(stdout), 'items');
}

/** How many Events kube-apiserver has refused because their names were taken. */
async function conflicts(): Promise<number> {
  const { stdout } = await plane.succeed('kubectl', 'get', '--raw', '/metrics');
  const counts = stdout
    .split('\n')
    .filter((line) => /^apiserver_request_total\{.*code="409".*resource="events".*verb="POST"/.test(line));
  return counts.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

describe('the changes of a Deployment', () => {
  it('are told in their order, by kubectl scale, both kinds of kubectl apply, two replicas of the service and an HPA', async () => {
    await plane.create('cart', 2);
    for (const service of [one, two]) expect(await changesOf(service, 'cart')).toMatchObject({ changes: [] });
    await kubectlScale('cart', 3);
    await plane.succeed('kubectl', 'apply', '--filename', await plane.write({ name: 'cart', replicas: 6 }));
    const applied = await plane.write({ name: 'cart', replicas: 7 });
    await plane.succeed('kubectl', 'apply', '--server-side', '--force-conflicts', '--filename', applied);
    await scale(one, 'cart', 5);
    await scale(two, 'cart', 8);
    await plane.autoscale('cart', { minReplicas: 2, maxReplicas: 4 });
    await until(async () => (await plane.count('cart')) === 4);
    const seen = { at: expect.any(String), resourceVersion: expect.stringMatching(/^\d+$/) };
    const hpa = { manager: 'kube-controller-manager', operation: 'Update', subresource: 'scale' };
    const expected = (first: object, second: object) => ({
      changes: [
        { ...seen, from: 8, to: 4, ...hpa, overrode: true },
        { ...seen, from: 5, to: 8, ...OURS, ...second },
        { ...seen, from: 7, to: 5, ...OURS, ...first },
        { ...seen, from: 6, to: 7, manager: 'kubectl', operation: 'Apply' },
        { ...seen, from: 3, to: 6, manager: 'kubectl-client-side-apply', operation: 'Update' },
        { ...seen, from: 2, to: 3, ...KUBECTL_SCALE },
      ],
      truncated: false,
    });
    const [ofOne, ofTwo] = [await changesOf(one, 'cart'), await changesOf(two, 'cart')];
    expect(ofOne).toEqual(expected({ user: 'client' }, {}));
    expect(ofTwo).toEqual(expected({}, { user: 'client' }));
    const versions = (body: unknown) => arrayAt(body, 'changes').map((each) => at(each, 'resourceVersion'));
    expect(versions(ofOne)).toEqual(versions(ofTwo));
  });

  it('start again after a deletion, and have after a restart what managedFields tell', async () => {
    await plane.create('passing', 2);
    await scale(one, 'passing', 3);
    await plane.succeed('kubectl', 'delete', 'deployment', 'passing');
    await plane.create('passing', 2);
    expect(await changesOf(one, 'passing')).toEqual({ changes: [], truncated: false });
    await scale(one, 'passing', 4);
    const { kubeconfig } = plane.apiserver;
    const three = await start({ kubeconfig });
    const changes = [{ to: 4, ...OURS }];
    expect(await changesOf(three, 'passing')).toEqual({ changes, truncated: false });
    running.splice(running.indexOf(three), 1);
    await three.stop();
  });
});

describe('a fight between the service and kubectl, seen by two replicas', () => {
  it('is in the state of both, and makes one Event, as each override does', async () => {
    await plane.create('fought', 2);
    for (const service of [one, two]) await read(service, 'fought');
    const before = await conflicts();
    const fights = () => measured(two, 'scaler_fights_total{cluster="default"}');
    const fightsBefore = await fights();
    for (const replicas of [5, 6]) {
      await scale(one, 'fought', replicas);
      await kubectlScale('fought', 3);
    }
    for (const service of [one, two]) {
      const changes = await changesOf(service, 'fought');
      expect(at(await read(service, 'fought'), 'fight')).toEqual({
        between: [SERVICE, 'kubectl'],
        switches: 3,
        since: at(changes, 'changes.3.at'),
        lastAt: at(changes, 'changes.0.at'),
      });
    }
    expect((await fights()) - fightsBefore).toBe(1);
    // Each replica creates each of the three, and the second one is refused.
    await until(async () => (await conflicts()) - before === 3);
    const overrides = await eventsOf('fought', 'ReplicasOverridden');
    const message = (set: number) => `kubectl set 3, less than 5 minutes after ${SERVICE} had set ${set}`;
    expect(overrides.map((event) => at(event, 'message')).sort()).toEqual([message(5), message(6)]);
    const deployment = await plane.deployment('fought');
    const [uid, generation] = [at(deployment, 'metadata.uid'), at(deployment, 'metadata.generation')];
    expect(await eventsOf('fought', 'ReplicasContested')).toMatchObject([
      {
        metadata: { name: `replicascontested-${uid}-${generation}` },
        type: 'Warning',
        involvedObject: { kind: 'Deployment', uid },
        message: `${SERVICE} and kubectl set the count in turn: it passed from one to the other 3 times within 10 minutes`,
      },
    ]);
    expect((await conflicts()) - before).toBe(3);
  });

  it('is shown by kubectl get events and kubectl describe', async () => {
    const { stdout: listed } = await plane.succeed('kubectl', 'get', 'events');
    expect(listed).toMatch(
      /Warning +ReplicasContested +deployment\/fought +k8s-deployment-scaler and kubectl/,
    );
    expect(listed).toMatch(/Warning +ReplicasOverridden +deployment\/fought +kubectl set 3, less than 5 min/);
    expect(listed).toMatch(/Normal +Scaled +deployment\/fought +client scaled from 3 to 6/);
    const { stdout: described } = await plane.succeed('kubectl', 'describe', 'deployment', 'fought');
    expect(described).toMatch(
      /Warning +ReplicasContested .*k8s-deployment-scaler +k8s-deployment-scaler and/,
    );
    expect(described).toMatch(/Warning +ReplicasOverridden .*k8s-deployment-scaler +kubectl set 3/);
  });
});

describe('an account that may not create Events', () => {
  /** Lets the account do what the service needs besides. */
  async function grant(): Promise<void> {
    const rules = [
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['get', 'patch'] },
    ];
    const metadata = { name: ACCOUNT };
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: ACCOUNT };
    const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: ACCOUNT }];
    const bodies = { clusterroles: { rules }, clusterrolebindings: { roleRef, subjects } };
    for (const [kind, body] of Object.entries(bodies))
      expect(await plane.kube.post(`${RBAC}/${kind}`, { metadata, ...body })).toMatchObject({ status: 201 });
    const resourceAttributes = { verb: 'watch', group: 'apps', resource: 'deployments' };
    await until(() => allows(plane.kube, { user: ACCOUNT, resourceAttributes }));
  }

  it('keeps the service from creating them, and from nothing else', async () => {
    await grant();
    // The others could create them.
    await stopServices();
    const lines: string[] = [];
    const service = await start({
      kubeconfig: await plane.apiserver.kubeconfigFor(ACCOUNT),
      logStream: logTo((line) => void lines.push(line)),
    });
    await plane.create('quiet', 2);
    for (const replicas of [5, 6]) {
      await scale(service, 'quiet', replicas);
      await kubectlScale('quiet', 3);
    }
    const overridden = { ...KUBECTL_SCALE, overrode: true };
    const ours = { ...OURS, user: 'client' };
    const changes = [overridden, ours, overridden, ours];
    expect(await changesOf(service, 'quiet')).toMatchObject({ changes });
    expect(await read(service, 'quiet')).toMatchObject({
      overridden: { by: 'kubectl', from: 6, to: 3 },
      fight: { between: [SERVICE, 'kubectl'] },
    });
    expect(await measured(service, 'scaler_fights_total{cluster="default"}')).toBe(1);
    expect(await measured(service, 'scaler_overrides_total{cluster="default"}')).toBe(2);
    await until(() => lines.some((line) => line.includes('may not create events')));
    for (const reason of ['Scaled', 'ReplicasOverridden', 'ReplicasContested'])
      expect(await eventsOf('quiet', reason)).toEqual([]);
  });
});
