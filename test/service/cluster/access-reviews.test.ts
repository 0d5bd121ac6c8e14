import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterTiming } from '../../../src/cluster/cluster.ts';
import { SERVICE_USER } from '../../support/fake-apiserver/access.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { at } from '../../support/kube-requests.ts';
import { logTo } from '../../support/log-to.ts';
import { REAL_DEADLINES, TestService } from '../../support/service.ts';
import { measured } from '../../support/service-metrics.ts';
import { until } from '../../support/until.ts';

/** How an operator finds out why every request is answered with 503. */
const FAILED = 'access reviews fail: requests that need one are answered with 503';
const client = { users: ['client'], verbs: ['*'], resources: ['*'] };
let one: FakeApiServer;
let two: FakeApiServer;
let service: TestService;
let lines: Record<string, unknown>[] = [];

beforeAll(async () => {
  [one, two] = await Promise.all([FakeApiServer.start(), FakeApiServer.start()]);
});
beforeEach(async () => {
  for (const demo of [one, two]) {
    demo.roles.reset();
    demo.roles.allow(client);
  }
  service = await start();
});
afterEach(async () => {
  await service.stop();
  for (const demo of [one, two]) demo.faults.clear();
});
afterAll(() => Promise.all([one.stop(), two.stop()]));

/** A service that asks for every request. */
async function start(timing: ClusterTiming = {}): Promise<TestService> {
  lines = [];
  const started = await TestService.start({
    kubeconfig: { one: one.kubeconfig, two: two.kubeconfig },
    authorization: 'SubjectAccessReview',
    decisionTimes: { allowedSeconds: 0, deniedSeconds: 0, outageSeconds: 0 },
    logStream: logTo((line) => void lines.push(JSON.parse(line))),
    timing,
  });
  return started.synced();
}

const read = (cluster: string) =>
  service.get(`/${cluster}/replica-count?namespace=default&deployment=my-deployment`);
const unavailable = { status: 503, body: { code: 'AUTHORIZER_UNAVAILABLE' } };
const failures = () => lines.filter(({ msg }) => msg === FAILED);
/** The state of the authorisers of both clusters in GET /clusters. */
async function authorizers(): Promise<unknown[]> {
  const { body } = await service.get('/clusters');
  return [at(body, 'clusters.0.authorizer'), at(body, 'clusters.1.authorizer')];
}

const reviews = (cluster: string, result: string) =>
  measured(service, `scaler_access_reviews_total{cluster="${cluster}",result="${result}"}`);
const ready = (cluster: string) => measured(service, `scaler_cluster_ready{cluster="${cluster}"}`);
const available = (cluster: string) => measured(service, `scaler_authorizer_available{cluster="${cluster}"}`);

describe('access reviews that fail', () => {
  it('because the right is missing show in the log with the right to grant, in GET /clusters and in the metrics', async () => {
    two.roles.set([
      { users: [SERVICE_USER.name], verbs: ['*'], resources: ['deployments', 'deployments/scale'] },
      client,
    ]);
    expect(await read('one')).toMatchObject({ status: 200 });
    for (let times = 0; times < 3; times += 1) expect(await read('two')).toMatchObject(unavailable);
    expect(failures()).toEqual([
      expect.objectContaining({
        level: 'error',
        status: 403,
        reason: expect.stringMatching(
          /^subjectaccessreviews\.authorization\.k8s\.io is forbidden: User "system:/,
        ),
        grant: 'create on subjectaccessreviews.authorization.k8s.io to the account of the service',
        times: 1,
      }),
    ]);
    expect(await authorizers()).toEqual(['available', 'unavailable']);
    expect(await Promise.all([available('one'), available('two')])).toEqual([1, 0]);
    await until(() => service.app.fleet.get('two')?.state === 'blocked');
    expect(await service.get('/two/healthz')).toMatchObject({
      status: 503,
      body: { code: 'CLUSTER_BLOCKED' },
    });
    expect((await service.get('/healthz')).status).toBe(200);
    expect(await Promise.all([ready('one'), ready('two')])).toEqual([1, 0]);
    expect(lines.filter(({ msg }) => String(msg).startsWith('cluster blocked'))).toMatchObject([
      { grant: 'create on subjectaccessreviews.authorization.k8s.io to the account of the service' },
    ]);
    expect(await Promise.all([reviews('one', 'allowed'), reviews('two', 'failed')])).toEqual([1, 3]);

    two.roles.reset();
    two.roles.allow(client);
    expect(await read('two')).toMatchObject({ status: 200 });
    expect(await authorizers()).toEqual(['available', 'available']);
    expect(await available('two')).toBe(1);
    await until(async () => (await service.get('/two/healthz')).status === 200);
  });

  it('because the API server is silent show in the same places', async () => {
    await service.stop();
    service = await start(REAL_DEADLINES);
    one.faults.add({ on: 'review', fault: { type: 'cut', how: 'silence' } });
    expect(await read('one')).toMatchObject(unavailable);
    expect(failures()).toEqual([
      expect.objectContaining({
        code: 'KUBE_TIMEOUT',
        reason: expect.stringMatching(/^no answer from the API server within \d+ ms$/),
      }),
    ]);
    expect(await authorizers()).toEqual(['unavailable', 'available']);
  });

  it('because the API server answers 500 show until it recovers', async () => {
    one.faults.add({ on: 'review', fault: { type: 'status', code: 500 } });
    expect(await read('one')).toMatchObject(unavailable);
    expect(failures()).toEqual([
      expect.objectContaining({
        status: 500,
        reason: 'Internal error occurred: etcdserver: leader changed',
        times: 1,
      }),
    ]);
    expect(failures()[0]).not.toHaveProperty('grant');
    expect(await authorizers()).toEqual(['unavailable', 'available']);

    one.faults.clear();
    one.roles.set([{ users: [SERVICE_USER.name], verbs: ['*'], resources: ['*'] }]);
    expect(await read('one')).toMatchObject({ status: 403 });
    expect(await authorizers()).toEqual(['available', 'available']);
    // One denial for the namespace, and one for the name.
    expect(await Promise.all([reviews('one', 'denied'), reviews('one', 'failed')])).toEqual([2, 1]);
  });
});
