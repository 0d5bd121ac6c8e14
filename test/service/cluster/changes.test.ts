import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { at } from '../../support/kube-requests.ts';
import { logTo } from '../../support/log-to.ts';
import { TestService } from '../../support/service.ts';
import { measured } from '../../support/service-metrics.ts';
import { until } from '../../support/until.ts';

const STATE = '/deployments/shop/cart';
const CHANGES = `${STATE}/changes`;
const HPA = { manager: 'kube-controller-manager', subresource: 'scale' } as const;
const HELM = { manager: 'helm', operation: 'Apply' } as const;
const FIGHT = 'two managers set a count in turn';
const OURS = { manager: 'k8s-deployment-scaler', operation: 'Apply', subresource: 'scale' };

/** One replica of the service, and its log. */
interface Replica {
  readonly service: TestService;
  readonly lines: Record<string, unknown>[];
}

let demo: FakeApiServer;
let one: Replica;
let two: Replica;

beforeEach(async () => {
  demo = await FakeApiServer.start({
    rolloutDelayMs: Number.POSITIVE_INFINITY,
    deployments: [
      { namespace: 'shop', name: 'cart', replicas: 3 },
      { namespace: 'shop', name: 'web', replicas: 3 },
    ],
  });
  [one, two] = await Promise.all([start(), start()]);
});
afterEach(async () => {
  await Promise.all([one.service.stop(), two.service.stop()]);
  await demo.stop();
});

async function start(options: { journalBytes?: number } = {}): Promise<Replica> {
  const lines: Record<string, unknown>[] = [];
  const logStream = logTo((line) => void lines.push(JSON.parse(line)));
  const service = await TestService.start({ kubeconfig: demo.kubeconfig, logStream, ...options });
  return { service: await service.synced(), lines };
}

/** The resourceVersion of a Deployment, as text. */
const versionOf = (name: string) => String(demo.deployments.get('shop', name)?.resourceVersion);

/** The changes of a Deployment that a replica shows, once it has seen its latest version. */
async function changesOf({ service }: Replica, name = 'cart'): Promise<unknown> {
  const { status, body } = await service.get(
    `/deployments/shop/${name}/changes?minResourceVersion=${versionOf(name)}`,
  );
  expect(status).toBe(200);
  return body;
}

/** The API server's own Events with this reason. */
const eventsOf = (reason: string) => demo.events.filter((event) => event.reason === reason);

describe('GET /deployments/{namespace}/{deployment}/changes', () => {
  it('has the changes of all writers in their order, and the user only on the replica that wrote', async () => {
    await one.service.scale('shop', 'cart', 8);
    demo.deployments.scale('shop', 'cart', 4, HPA);
    await two.service.scale('shop', 'cart', 6);
    demo.deployments.scale('shop', 'cart', 5, HELM);
    demo.deployments.scale('shop', 'cart', 0, HPA);
    const time = { at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) };
    const version = { resourceVersion: expect.stringMatching(/^\d+$/) };
    const expected = (first: object, second: object) => ({
      changes: [
        { ...time, ...version, from: 5, to: 0, manager: 'unknown' },
        { ...time, ...version, from: 6, to: 5, ...HELM, overrode: true },
        { ...time, ...version, from: 4, to: 6, ...OURS, ...second },
        { ...time, ...version, from: 8, to: 4, ...HPA, operation: 'Update', overrode: true },
        { ...time, ...version, from: 3, to: 8, ...OURS, ...first },
      ],
      truncated: false,
    });
    expect(await changesOf(one)).toEqual(expected({ user: 'client' }, {}));
    expect(await changesOf(two)).toEqual(expected({}, { user: 'client' }));
    expect(at(await changesOf(one), 'changes.0.resourceVersion')).toBe(versionOf('cart'));
    // The last change of the state is the first of these.
    const { resourceVersion: _, ...last } = Object(at(await changesOf(one), 'changes.0'));
    expect(at((await one.service.get(STATE)).body, 'lastChange')).toEqual(last);
  });

  it('has the headers of a read, and takes the name of the cluster', async () => {
    await one.service.scale('shop', 'cart', 8);
    const resourceVersion = versionOf('cart');
    for (const path of [CHANGES, `/default${CHANGES}`]) {
      const answer = await one.service.get(`${path}?minResourceVersion=${resourceVersion}`);
      expect(answer).toMatchObject({
        status: 200,
        headers: {
          age: expect.stringMatching(/^\d+$/),
          'x-resource-version': resourceVersion,
          'content-type': 'application/json; charset=utf-8',
        },
        body: { changes: [{ from: 3, to: 8 }] },
      });
      expect(answer.headers).not.toHaveProperty('etag');
    }
  });

  it('answers a name that is not there, a cluster that is not there, and maxAge with an error', async () => {
    const answers = [
      '/deployments/shop/nothing/changes',
      `/nowhere${CHANGES}`,
      `${CHANGES}?maxAge=0`,
      `${CHANGES}?minResourceVersion=0`,
    ].map((path) => one.service.get(path));
    expect((await Promise.all(answers)).map(({ status, body }) => [status, at(body, 'code')])).toEqual([
      [404, 'DEPLOYMENT_NOT_FOUND'],
      [404, 'CLUSTER_NOT_FOUND'],
      [400, 'INVALID_QUERY'],
      [400, 'INVALID_QUERY'],
    ]);
  });

  it('has the last 20 changes, and says that there were more', async () => {
    for (let i = 1; i <= 21; i += 1) demo.deployments.scale('shop', 'cart', 100 + i, HPA);
    const body = await changesOf(one);
    expect(at(body, 'truncated')).toBe(true);
    expect(at(body, 'changes.length')).toBe(20);
    expect(at(body, 'changes.0.to')).toBe(121);
    expect(at(body, 'changes.19.to')).toBe(102);
  });

  it('drops the oldest changes of all Deployments, but not the last of each, beyond the bytes of the journal', async () => {
    const small = await start({ journalBytes: 1_000 });
    try {
      for (let i = 1; i <= 2; i += 1) demo.deployments.scale('shop', 'cart', 10 + i, HPA);
      for (let i = 1; i <= 10; i += 1) demo.deployments.scale('shop', 'web', 10 + i, HPA);
      // The last of these changes is the last that it sees.
      const web = await changesOf(small, 'web');
      expect(web).toMatchObject({ changes: [{ to: 20 }, { to: 19 }, { to: 18 }], truncated: true });
      expect(await changesOf(small)).toMatchObject({ changes: [{ to: 12 }], truncated: true });
      expect(await changesOf(one)).toMatchObject({ changes: [{ to: 12 }, { to: 11 }], truncated: false });
    } finally {
      await small.service.stop();
    }
  });

  it('has only what managedFields tell after a restart', async () => {
    await one.service.scale('shop', 'cart', 8);
    demo.deployments.scale('shop', 'web', 5, HELM);
    const three = await start();
    try {
      expect(await changesOf(three)).toEqual({ changes: [{ to: 8, ...OURS }], truncated: false });
      const web = await changesOf(three, 'web');
      expect(web).toEqual({ changes: [], truncated: false });
      demo.deployments.scale('shop', 'cart', 4, HPA);
      // A write before the start may be older than 5 minutes.
      expect(await changesOf(three)).toEqual({
        changes: [
          {
            at: expect.any(String),
            resourceVersion: versionOf('cart'),
            from: 8,
            to: 4,
            ...HPA,
            operation: 'Update',
          },
        ],
        truncated: false,
      });
    } finally {
      await three.service.stop();
    }
  });

  it('starts again with a Deployment that was deleted and created again', async () => {
    await one.service.scale('shop', 'cart', 8);
    demo.deployments.recreate('shop', 'cart', 6);
    expect(await changesOf(one)).toEqual({ changes: [], truncated: false });
    demo.deployments.scale('shop', 'cart', 7, HPA);
    expect(await changesOf(one)).toMatchObject({ changes: [{ from: 6, to: 7 }], truncated: false });
  });

  it('shows each change to a connection that reads again and again', async () => {
    for (const replicas of [5, 6, 7]) {
      for (let i = 0; i < 3; i += 1) await one.service.get(CHANGES);
      await one.service.scale('shop', 'cart', replicas);
      const { body } = await one.service.get(CHANGES);
      expect(at(body, 'changes.0')).toMatchObject({ to: replicas, user: 'client' });
    }
  });
});

it('changes need the right to read the count', async () => {
  demo.roles.allow({
    users: ['alice'],
    verbs: ['get'],
    resources: ['deployments/scale'],
    namespaces: ['shop'],
  });
  demo.roles.allow({ users: ['bob'], verbs: ['list'], resources: ['deployments'] });
  const { kubeconfig } = demo;
  const service = await TestService.start({ kubeconfig, authorization: 'SubjectAccessReview' });
  try {
    await service.synced();
    const [alice, bob] = [await service.clientOf('alice'), await service.clientOf('bob')];
    expect(await alice.get(CHANGES)).toMatchObject({ status: 200 });
    expect(await alice.get('/deployments/shop/nothing/changes')).toMatchObject({ status: 404 });
    for (const path of [CHANGES, '/deployments/shop/nothing/changes'])
      expect(await bob.get(path)).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
  } finally {
    await service.stop();
  }
});

describe('a fight', () => {
  const fightsOf = ({ service }: Replica) => measured(service, 'scaler_fights_total{cluster="default"}');
  const warningsOf = ({ lines }: Replica) => lines.filter(({ msg }) => msg === FIGHT);

  it('between the service and another manager is shown, counted and logged once by each replica', async () => {
    for (const replica of [one, two]) expect(await fightsOf(replica)).toBe(0);
    for (const [set, back] of [
      [8, 3],
      [9, 3],
      [10, 3],
    ] as const) {
      await one.service.scale('shop', 'cart', set);
      demo.deployments.scale('shop', 'cart', back, HPA);
    }
    const between = ['k8s-deployment-scaler', 'kube-controller-manager'];
    for (const replica of [one, two]) {
      const body = await changesOf(replica);
      const { body: state } = await replica.service.get(STATE);
      expect(at(state, 'fight')).toEqual({
        between,
        switches: 5,
        since: at(body, 'changes.5.at'),
        lastAt: at(body, 'changes.0.at'),
      });
      const { body: states } = await replica.service.get('/scale?namespace=shop');
      expect(at(states, 'items.0.fight')).toEqual(at(state, 'fight'));
      expect(await fightsOf(replica)).toBe(1);
      expect(warningsOf(replica)).toMatchObject([
        { level: 'warn', namespace: 'shop', deployment: 'cart', between, switches: 3 },
      ]);
    }
  });

  it('and overrides are Events of the Deployment, one of each, whatever the number of replicas', async () => {
    for (const [set, back] of [
      [8, 3],
      [9, 3],
    ] as const) {
      await one.service.scale('shop', 'cart', set);
      demo.deployments.scale('shop', 'cart', back, HPA);
    }
    for (const replica of [one, two]) await changesOf(replica);
    const created = () => [eventsOf('ReplicasOverridden').length, eventsOf('ReplicasContested').length];
    await until(() => String(created()) === '2,1');
    // A request for each by each replica: the second gets 409, and says nothing of it.
    await until(() => demo.requests.count('event') === 2 * 3 + 2);
    expect(created()).toEqual([2, 1]);
    const [event] = eventsOf('ReplicasContested');
    const uid = at(event, 'involvedObject.uid');
    expect(event).toMatchObject({
      metadata: { name: `replicascontested-${uid}-5` },
      type: 'Warning',
      message:
        'k8s-deployment-scaler and kube-controller-manager set the count in turn: it passed from one to the other 3 times within 10 minutes',
    });
    expect(eventsOf('ReplicasOverridden').map(({ message }) => message)).toEqual([
      'kube-controller-manager set 3, less than 5 minutes after k8s-deployment-scaler had set 8',
      'kube-controller-manager set 3, less than 5 minutes after k8s-deployment-scaler had set 9',
    ]);
    for (const { lines } of [one, two])
      expect(lines.filter(({ msg }) => msg === 'could not create an event')).toEqual([]);
  });
});
