import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { logTo } from '../../support/log-to.ts';
import { RawConnection } from '../../support/security/raw.ts';
import { type ServiceOptions, TestService } from '../../support/service.ts';
import type { Answer } from '../../support/test-client.ts';
import { until } from '../../support/until.ts';

const POST = '/replica-count?namespace=shop&deployment=cart';
const GET = '/deployments/shop/cart';
const QUOTA = {
  type: 'ReplicaFailure',
  status: 'True',
  reason: 'FailedCreate',
  message: 'exceeded quota',
  lastTransitionTime: '2020-01-01T00:00:00Z',
};
const DEADLINE = {
  ...QUOTA,
  type: 'Progressing',
  status: 'False',
  reason: 'ProgressDeadlineExceeded',
  message: 'it has timed out progressing',
};
/** So soon that a test need not wait, and so late that it never comes. */
const [SOON, NEVER] = [20, 3_600_000];
const HPA = { manager: 'kube-controller-manager', subresource: 'scale' } as const;

/** A cluster whose Deployment controller is the test, and a replica of the service. */
let demo: FakeApiServer;
let service: TestService;
let lines: Record<string, unknown>[];
let services: TestService[];

beforeEach(async () => {
  services = [];
  demo = await FakeApiServer.start({
    rolloutDelayMs: Number.POSITIVE_INFINITY,
    deployments: [
      { namespace: 'shop', name: 'cart', replicas: 3 },
      { namespace: 'shop', name: 'other', replicas: 1 },
    ],
  });
});
afterEach(async () => {
  for (const each of services) await each.stop();
  await demo.stop();
});

/** @param troubleMs how long the trouble of a Deployment must last */
async function start(troubleMs: number, options: Partial<ServiceOptions> = {}): Promise<TestService> {
  lines = [];
  const logStream = logTo((line) => void lines.push(JSON.parse(line)));
  const waits = { troubleMs, pods: { firstMs: NEVER, everyMs: NEVER, stuckMs: NEVER } };
  const { kubeconfig } = demo;
  const started = await TestService.start({ kubeconfig, logStream, timing: { waits }, ...options });
  services.push(started);
  service = started;
  return started.synced();
}

type Reported = Parameters<FakeApiServer['deployments']['report']>[2];

/** Sets a count and waits for it. */
const set = (replicas: number, seconds = 300) => service.post(`${POST}&wait=${seconds}`, { replicas });
const report = (status?: Reported) => demo.deployments.report('shop', 'cart', status);
const judged = (count: number) => until(() => service.cluster.waiters === count);
const patches = () => demo.requests.count('patchScale');
const locationOf = ({ headers }: Answer) => String(headers.location);

/** Tells whether the answer has come. */
function watched(answer: Promise<Answer>): { readonly answer: Promise<Answer>; came: boolean } {
  const watch = { answer, came: false };
  void answer.then(() => {
    watch.came = true;
  });
  return watch;
}

/** Resolves once the service has seen this, and any answer because of it has come. */
async function seen({ resourceVersion }: { readonly resourceVersion: number }): Promise<void> {
  expect((await service.get(`${GET}?minResourceVersion=${resourceVersion}`)).status).toBe(200);
}

/** Resolves once trouble that began after this call has lasted long enough to end a wait. */
async function troubleLasted(): Promise<void> {
  // Judged by that trouble: judged before, it would have its replicas.
  const next = demo.resourceVersion + 1;
  const answer = service.get(`/deployments/shop/other?wait=300&replicas=1&minResourceVersion=${next}`);
  demo.deployments.report('shop', 'other', { readyReplicas: 0, conditions: [QUOTA] });
  expect((await answer).status).toBe(422);
  demo.deployments.report('shop', 'other');
}

describe('a write that waits', () => {
  it('answers as without it, once the replicas are available and not before', async () => {
    await start(NEVER);
    const wait = watched(set(5));
    await judged(1);
    expect(patches()).toBe(1);
    for (const status of [
      { replicas: 3, readyReplicas: 3 },
      { replicas: 5, readyReplicas: 4 },
      { replicas: 5, updatedReplicas: 4 },
      { replicas: 6, readyReplicas: 5 },
      { replicas: 5, readyReplicas: 5, availableReplicas: 4 },
      { observedGeneration: 1 },
    ]) {
      await seen(report(status));
      expect(wait.came).toBe(false);
    }
    const { resourceVersion, uid } = report();
    expect(await wait.answer).toMatchObject({
      status: 200,
      body: { replicaCount: 5 },
      headers: {
        'x-resource-version': `${resourceVersion}`,
        etag: `"${uid}.2"`,
        'x-previous-replicas': '3',
        'x-replicas-forecast': expect.any(String),
      },
    });
    expect((await wait.answer).headers.location).toBeUndefined();
    expect(service.cluster.waiters).toBe(0);
    await until(() => service.app.longLived.waiters === 0);
  });

  it('answers at once if nothing is to be done', async () => {
    await start(NEVER);
    expect(await set(3)).toMatchObject({ status: 200, body: { replicaCount: 3 } });
    expect(patches()).toBe(0);
  });

  it('of 0 waits until the last pod has ended, whatever the conditions say of a rollout before', async () => {
    await start(SOON);
    report({ replicas: 3, readyReplicas: 0, conditions: [QUOTA, DEADLINE] });
    const wait = watched(set(0));
    await judged(1);
    await seen(report({ replicas: 1, readyReplicas: 0, conditions: [QUOTA, DEADLINE] }));
    await troubleLasted();
    expect(wait.came).toBe(false);
    report({ replicas: 0, conditions: [QUOTA, DEADLINE] });
    expect(await wait.answer).toMatchObject({ status: 200, body: { replicaCount: 0 } });
  });

  it('does not take the conditions of an earlier spec for those of its own', async () => {
    await start(SOON);
    report({ conditions: [DEADLINE] });
    const wait = watched(set(5));
    await judged(1);
    await troubleLasted();
    expect(wait.came).toBe(false);
    report();
    expect((await wait.answer).status).toBe(200);
  });

  it.each<[string, () => unknown, number, string, string | RegExp]>([
    [
      'kubectl',
      () => demo.deployments.scale('shop', 'cart', 7),
      409,
      'REPLICAS_OVERRIDDEN',
      'kubectl set it to 7',
    ],
    [
      'an HPA',
      () => demo.deployments.scale('shop', 'cart', 4, HPA),
      409,
      'REPLICAS_OVERRIDDEN',
      'kube-controller-manager set it to 4',
    ],
    [
      'another user',
      () => service.scale('shop', 'cart', 8),
      409,
      'REPLICAS_OVERRIDDEN',
      // The watch may show the write before its answer says whose it was.
      / (client|k8s-deployment-scaler) set it to 8/,
    ],
    [
      'somebody who sets it back at once',
      () => [7, 5].map((count) => demo.deployments.scale('shop', 'cart', count)),
      409,
      'REPLICAS_OVERRIDDEN',
      'kubectl set it to 7',
    ],
    [
      'a deletion',
      () => demo.deployments.delete('shop', 'cart'),
      404,
      'DEPLOYMENT_GONE',
      'Deployment cart in',
    ],
    [
      'a new Deployment of its name and count',
      () => demo.deployments.recreate('shop', 'cart', 5),
      404,
      'DEPLOYMENT_GONE',
      'another',
    ],
    [
      'a quota',
      () => report({ readyReplicas: 4, conditions: [QUOTA] }),
      422,
      'ROLLOUT_STUCK',
      'FailedCreate: exceeded quota',
    ],
    [
      'the deadline of the rollout',
      () => report({ readyReplicas: 4, conditions: [DEADLINE] }),
      422,
      'ROLLOUT_STUCK',
      'ProgressDeadlineExceeded: it has timed out progressing',
    ],
  ])('says what became of the count: %s', async (_who, act, status, code, text) => {
    await start(SOON);
    const answer = set(5);
    await judged(1);
    await act();
    const message = typeof text === 'string' ? expect.stringContaining(text) : expect.stringMatching(text);
    expect(await answer).toMatchObject({ status, body: { code, message } });
    const { headers } = await answer;
    const expected = ['x-resource-version', 'x-previous-replicas', 'x-replicas-forecast', 'location'];
    const names = ['retry-after', 'etag', ...expected].filter((name) => headers[name] !== undefined);
    expect(names).toEqual(status === 404 ? expected : ['etag', ...expected]);
    const { uid } = demo.deployments.get('shop', 'cart') ?? {};
    if (status !== 404)
      expect(locationOf(await answer)).toBe(
        `${GET}?wait=300&replicas=5&uid=${uid}&minResourceVersion=${headers['x-resource-version']}`,
      );
    await judged(0);
  });

  it('says why it has not been done in time, and where to wait on without a write', async () => {
    await start(NEVER);
    // What happens during a wait of a second may come too late for it on a busy machine, so nothing happens.
    const answer = await service.post(`/default${POST}&wait=1`, { replicas: 5 });
    expect(answer).toMatchObject({
      status: 504,
      body: {
        code: 'NOT_READY_IN_TIME',
        message: expect.stringContaining('has not acted on the last change yet'),
      },
    });
    expect(answer.headers['retry-after']).toBeUndefined();
    await seen(report({ readyReplicas: 4 }));
    expect(await service.get(locationOf(answer))).toMatchObject({
      status: 504,
      body: { code: 'NOT_READY_IN_TIME', message: expect.stringContaining('4 of 5 replicas are available') },
    });
    const resumed = service.get(locationOf(answer).replace('?wait=1&', '?wait=300&'));
    await judged(1);
    report();
    expect(await resumed).toMatchObject({
      status: 200,
      body: { replicas: 5, available: 5, phase: 'stable' },
    });
    expect(patches()).toBe(1);
    expect(locationOf(answer)).toMatch(/^\/default\/deployments\/shop\/cart\?wait=1&replicas=5&uid=/);
  });

  it('writes its audit line when the write is done, and a line for the answer when that is', async () => {
    await start(NEVER);
    const answer = set(5);
    await judged(1);
    const audits = () => lines.filter(({ msg }) => msg === 'audit');
    const { reqId: _, ...audit } = audits()[0] ?? {};
    expect(audit).toMatchObject({ user: 'client', from: 3, to: 5, wait: 300, statusCode: 200 });
    demo.deployments.scale('shop', 'cart', 7);
    await answer;
    const find = () => lines.find(({ msg, statusCode }) => msg === 'request' && statusCode === 409);
    // It follows the answer.
    await until(() => find() !== undefined);
    const line = find();
    expect(line).toMatchObject({
      user: 'client',
      code: 'REPLICAS_OVERRIDDEN',
      durationMs: expect.any(Number),
    });
    expect(line).not.toHaveProperty('to');
    expect(audits()).toHaveLength(1);
  });
});

describe('a wait that cannot be made', () => {
  it.each([
    ['POST', '&wait=0'],
    ['POST', '&wait=301'],
    ['POST', '&wait=05'],
    ['POST', '&wait=1e1'],
    ['POST', '&wait=60&dryRun=true'],
    ['GET', '?wait=60'],
    ['GET', '?replicas=3'],
    ['GET', '?uid=u'],
    ['GET', '?wait=60&replicas=3&maxAge=1'],
    ['GET', '?wait=60&replicas=-1'],
  ])('is refused before anything is done: %s %s', async (method, query) => {
    await start(NEVER);
    const answer = method === 'POST' ? service.post(POST + query, { replicas: 5 }) : service.get(GET + query);
    expect(await answer).toMatchObject({ status: 400, body: { code: 'INVALID_QUERY' } });
    expect(patches()).toBe(0);
  });

  it('is refused before the write if there are too many, in all or of one user', async () => {
    await start(NEVER, { limits: { maxWaitersPerClient: 1, maxWaiters: 2 } });
    const [other, third] = await Promise.all(['other', 'third'].map((name) => service.clientOf(name)));
    const waiting = [service.get(`${GET}?wait=300&replicas=3&uid=none&minResourceVersion=99999`)];
    await until(() => service.app.longLived.waiters === 1);
    const refused = { status: 429, body: { code: 'TOO_MANY_WAITERS' }, headers: { 'retry-after': '1' } };
    expect(await set(5)).toMatchObject(refused);
    expect(await service.get(`${GET}?wait=300&replicas=3`)).toMatchObject(refused);
    expect(patches()).toBe(0);
    waiting.push(other?.get(`${GET}?wait=300&replicas=9&minResourceVersion=99999`) ?? Promise.reject());
    await until(() => service.app.longLived.waiters === 2);
    expect(await third?.post(`${POST}&wait=1`, { replicas: 5 })).toMatchObject(refused);
    expect(patches()).toBe(0);
    expect(await third?.get(GET)).toMatchObject({ status: 200 });
    await service.app.close();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([503, 503]);
  });

  it('is refused before the write if what happens after it cannot be seen', async () => {
    demo.faults.add({ on: 'any', fault: { type: 'status', code: 503 } });
    const started = TestService.start({ kubeconfig: demo.kubeconfig });
    services.push(await started);
    service = await started;
    expect(await set(5)).toMatchObject({ status: 503, body: { code: 'CACHE_NOT_SYNCED' } });
    expect(patches()).toBe(0);
  });

  it('is refused if there is no such Deployment', async () => {
    await start(NEVER);
    expect(await service.get('/deployments/shop/nope?wait=60&replicas=3')).toMatchObject({
      status: 404,
      body: { code: 'DEPLOYMENT_NOT_FOUND' },
    });
    expect(await service.get('/deployments/shop/nope?wait=60&replicas=3&uid=u')).toMatchObject({
      status: 404,
      body: { code: 'DEPLOYMENT_GONE' },
    });
  });
});

describe('a read that waits', () => {
  it('is judged once the service has seen the version, by the uid that it names or finds then', async () => {
    await start(NEVER);
    const next = demo.resourceVersion + 1;
    const { uid } = demo.deployments.get('shop', 'cart') ?? {};
    const waits = [`&uid=${uid}`, ''].map((named) =>
      service.get(`${GET}?wait=300&replicas=5&minResourceVersion=${next}${named}`),
    );
    await until(() => service.app.longLived.waiters === 2);
    demo.deployments.scale('shop', 'cart', 5);
    await judged(2);
    const { resourceVersion } = report();
    for (const answer of await Promise.all(waits))
      expect(answer).toMatchObject({
        status: 200,
        body: { replicas: 5, available: 5 },
        headers: { etag: `"${uid}.2"`, age: expect.any(String) },
      });
    expect(Number((await waits[0])?.headers['x-resource-version'])).toBe(resourceVersion);
    expect(patches()).toBe(0);
    expect(await service.get(`${GET}?wait=300&replicas=5&uid=another`)).toMatchObject({ status: 404 });
  });

  it('goes on at another replica of the service when one stops, without a write', async () => {
    const [one, two] = [await start(NEVER), await start(NEVER)];
    service = one;
    const answers = [set(5)];
    await judged(1);
    answers.push(service.get(`${GET}?wait=300&replicas=5`));
    await judged(2);
    await one.app.close();
    const [written, read] = await Promise.all(answers);
    for (const answer of [written, read])
      expect(answer).toMatchObject({
        status: 503,
        body: { code: 'WAIT_INTERRUPTED', message: expect.stringContaining('shutting down') },
        headers: { connection: 'close', location: expect.stringContaining(`${GET}?wait=300&replicas=5&`) },
      });
    expect([written?.headers['retry-after'], read?.headers['retry-after']]).toEqual([undefined, '1']);
    service = two;
    const resumed = two.get(String(written?.headers.location));
    await judged(1);
    report();
    expect(await resumed).toMatchObject({ status: 200, body: { available: 5 } });
    expect(patches()).toBe(1);
  });

  it('ends when its certificate no longer passes, and when the service gives up the cluster', async () => {
    const { kubeconfig } = demo;
    await start(NEVER, { kubeconfig: { default: kubeconfig, second: kubeconfig } });
    const other = await service.clientOf('other');
    const revoked = other.get(`${GET}?wait=300&replicas=5&minResourceVersion=99999`);
    const kept = service.get(`${GET}?wait=300&replicas=5&minResourceVersion=99999`);
    await until(() => service.app.longLived.waiters === 2);
    service.app.recheckClients(({ subject }) => subject !== 'CN=other');
    expect(await revoked).toMatchObject({
      status: 503,
      body: { code: 'WAIT_INTERRUPTED', message: expect.stringContaining('certificate') },
      headers: { connection: 'close' },
    });
    await until(() => service.app.longLived.waiters === 1);
    const { resourceVersion } = demo.deployments.scale('shop', 'cart', 5);
    // Each cluster has a watch of its own.
    const since = `minResourceVersion=${resourceVersion}`;
    const judgedSecond = service.get(`/second${GET}?wait=300&replicas=5&${since}`);
    const judgedFirst = service.get(`${GET}?wait=300&replicas=5&${since}`);
    await until(() => service.app.longLived.waiters === 3);
    await judged(1);
    service.app.fleet.update([
      { name: 'third', kubeconfig: '/none', contextName: undefined, namespaces: [], server: undefined },
    ]);
    for (const answer of await Promise.all([kept, judgedSecond, judgedFirst]))
      expect(answer).toMatchObject({
        status: 503,
        body: { message: expect.stringContaining('no longer serves this cluster') },
      });
  });

  it('ends when its client disconnects, and is removed at once', async () => {
    await start(NEVER);
    const { port, authority, client } = service;
    const target = { port, ca: authority.cert, ...client };
    const connection = await RawConnection.open(target);
    await seen(demo.deployments.scale('shop', 'cart', 4));
    connection.send(`GET ${GET}?wait=300&replicas=4 HTTP/1.1\r\nHost: a\r\n\r\n`);
    await judged(1);
    connection.close();
    await judged(0);
    expect(service.app.longLived.waiters).toBe(0);
    const line = () => lines.find(({ code }) => code === 'WAIT_INTERRUPTED');
    await until(() => line() !== undefined);
    expect(line()).toMatchObject({ user: 'client', statusCode: 503 });
  });

  it('lasts over an outage of the API server, and says so if its time ends in it', async () => {
    await start(NEVER);
    const answer = set(5);
    await judged(1);
    await demo.refuseConnections();
    await until(() => service.cluster.state === 'unreachable');
    expect(await service.get(`${GET}?wait=1&replicas=5`)).toMatchObject({
      status: 504,
      body: {
        code: 'NOT_READY_IN_TIME',
        message: expect.stringMatching(/API server cannot be reached.* \d+ s ago/),
      },
    });
    report();
    await demo.restart();
    expect(await answer).toMatchObject({ status: 200 });
  });

  it('that learns nothing of its pods, because the API server does not answer that, keeps no write from being made', async () => {
    const pods = { firstMs: SOON, everyMs: SOON, stuckMs: NEVER };
    await start(NEVER, { timing: { waits: { troubleMs: NEVER, pods } } });
    const fault = demo.faults.add({ on: 'listReplicaSets', fault: { type: 'drop', when: 'before' } });
    const wait = watched(set(5));
    // More failures in a row than after which other calls are refused.
    await until(() => fault.hits > 10);
    expect(service.cluster.state).toBe('ready');
    expect((await service.post(POST, { replicas: 6 })).status).toBe(200);
    expect((await wait.answer).status).toBe(409);
  });

  it('costs no more calls if there are many of them, which one event ends', async () => {
    await start(NEVER);
    // Its watch is not one of the calls that are counted.
    await service.autoscalersKnown('shop');
    demo.deployments.scale('shop', 'cart', 5);
    const clients = await Promise.all(['a', 'b', 'c', 'd'].map((name) => service.clientOf(name)));
    await seen(report({ readyReplicas: 4 }));
    const before = demo.requests.total;
    const waits = clients.flatMap((client) =>
      Array.from({ length: 25 }, () => client.get(`${GET}?wait=300&replicas=5`)),
    );
    await judged(100);
    report();
    expect(new Set((await Promise.all(waits)).map(({ status }) => status))).toEqual(new Set([200]));
    expect(demo.requests.total).toBe(before);
  });

  it('answers HEAD without a body, and 200 at once to those who need not wait', async () => {
    await start(NEVER);
    const client = await service.clientOf('other');
    const path = `${GET}?wait=300&replicas=3`;
    expect(await client.request({ method: 'HEAD', path })).toMatchObject({ status: 200, body: undefined });
    expect(await client.get(path)).toMatchObject({ status: 200, body: { replicas: 3 } });
  });
});
