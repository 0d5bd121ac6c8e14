import { METHODS } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { idleMetrics } from '../../support/docs/metrics-reference.ts';
import { EventReader } from '../../support/event-reader.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { RawConnection } from '../../support/security/raw.ts';
import { seed } from '../../support/seed.ts';
import { TestService } from '../../support/service.ts';
import { measured, metricLines } from '../../support/service-metrics.ts';
import { until } from '../../support/until.ts';

const CART = 'namespace=shop&deployment=cart';

let demo: FakeApiServer;
let service: TestService;
let agent: Agent;

beforeAll(async () => {
  demo = await FakeApiServer.start({ rolloutDelayMs: Number.POSITIVE_INFINITY });
  demo.roles.allow({ users: ['client'], verbs: ['*'], resources: ['*'] });
  service = await TestService.start({
    kubeconfig: { one: demo.kubeconfig, two: demo.kubeconfig },
    authorization: 'SubjectAccessReview',
  });
  await service.synced();
  const { cert, key } = service.client;
  agent = new Agent({ keepAlive: true, maxSockets: 4, ca: service.authority.cert, cert, key });
});
afterAll(async () => {
  agent.destroy();
  await service.stop();
  await demo.stop();
});

/** Sends any request, and resolves with its status. */
function send(method: string, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = httpsRequest({ host: 'localhost', port: service.port, agent, method, path }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.on('error', reject).end();
  });
}

/** The sum of a histogram's counts, of the series whose labels include this text. */
async function counted(name: string, labels = ''): Promise<number> {
  const lines = (await metricLines(service)).filter(
    (line) => line.startsWith(`${name}_count{`) && line.includes(labels),
  );
  return lines.reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
}

/** Resolves once a series has grown by this much since it was `before`. */
const grown = (read: () => Promise<number>, before: number, by: number) =>
  until(async () => (await read()) === before + by);

it('each read is counted once, whether the service knows it already or not', async () => {
  const labels =
    'http_request_method="GET",http_route="/replica-count",http_response_status_code="200",cluster="one"';
  const read = () => counted('http_server_request_duration_seconds', labels);
  for (let i = 0; i < 20; i += 1) expect((await service.get(`/replica-count?${CART}`)).status).toBe(200);
  await grown(read, 0, 20);
  const { headers } = await service.get(`/replica-count?${CART}`);
  for (let i = 0; i < 3; i += 1)
    await service.get(`/replica-count?${CART}`, { 'if-none-match': String(headers.etag) });
  const known = labels.replace('200', '304');
  await grown(() => counted('http_server_request_duration_seconds', known), 0, 3);
});

it('a request counts for the cluster in its path, under the template of its route', async () => {
  await service.get(`/two/replica-count?${CART}`);
  await service.get('/clusters');
  await service.get('/nowhere');
  await service.get(`/three/replica-count?${CART}`);
  for (const labels of [
    'http_route="/:cluster/replica-count",http_response_status_code="200",cluster="two"',
    'http_route="/clusters",http_response_status_code="200",cluster=""',
    'http_route="",http_response_status_code="404",cluster=""',
    'http_route="/:cluster/replica-count",http_response_status_code="404",cluster=""',
  ])
    await grown(() => counted('http_server_request_duration_seconds', labels), 0, 1);
});

it('whatever clients send, each request is counted once, and makes no label of its own', async () => {
  const all = () => counted('http_server_request_duration_seconds');
  const before = await all();
  const methods = METHODS.filter((method) => method !== 'CONNECT');
  const words = ['one', 'two', 'replica-count', 'deployments', 'clusters', 'docs', 'shop', 'cart', 'healthz'];
  const segment = fc.oneof(fc.constantFrom(...words), fc.stringMatching(/^[a-z0-9%._~-]{0,12}$/));
  const requests = fc.sample(
    fc.tuple(
      fc.constantFrom(...methods),
      fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join('/')}`),
    ),
    { seed: seed(), numRuns: 200 },
  );
  for (const [method, path] of requests) await send(method, path);
  await grown(all, before, requests.length);

  const { port, authority, client } = service;
  const raw = await RawConnection.open({ port, ca: authority.cert, ...client });
  raw.send('NONSENSE\r\n\r\n');
  await until(() => raw.cut);
  await grown(all, before, requests.length + 1);

  const routes = new Set<string>();
  for (const line of await metricLines(service)) {
    const [, route] = /http_route="([^"]*)"/.exec(line) ?? [];
    const [, method] = /http_request_method="([^"]*)"/.exec(line) ?? [];
    const [, cluster] = /cluster="([^"]*)"/.exec(line) ?? [];
    if (route !== undefined && route !== '') routes.add(route);
    if (method !== undefined)
      expect(method).toMatch(/^(GET|HEAD|POST|PUT|DELETE|OPTIONS|TRACE|PATCH|_OTHER)$/);
    if (cluster !== undefined) expect(['', 'one', 'two']).toContain(cluster);
  }
  for (const route of routes)
    expect((['GET', 'POST'] as const).some((method) => service.app.hasRoute({ method, url: route }))).toBe(
      true,
    );
});

it('waits and streams are in histograms of their own', async () => {
  const others = () => counted('http_server_request_duration_seconds');
  const before = await others();
  const { port, authority, client } = service;
  const wait = await service.post(`/replica-count?${CART}&wait=1`, { replicas: 5 });
  expect(wait.status).toBe(504);
  await grown(() => counted('scaler_wait_duration_seconds', 'outcome="NOT_READY_IN_TIME"'), 0, 1);
  const reader = await EventReader.open({ port, ca: authority.cert, ...client }, '/events');
  reader.close();
  await grown(() => counted('scaler_stream_duration_seconds', 'cluster="one",end="disconnected"'), 0, 1);
  expect(await others()).toBe(before);
});

it('a write that fails counts by its status, even if it was to wait for its rollout', async () => {
  const failed = () =>
    counted(
      'http_server_request_duration_seconds',
      'http_request_method="POST",http_route="/replica-count",http_response_status_code="503",cluster="one"',
    );
  const waits = () => counted('scaler_wait_duration_seconds');
  const [failedBefore, waitsBefore] = [await failed(), await waits()];
  const broken = demo.faults.add({ on: 'patchScale', fault: { type: 'status', code: 503 } });
  const { status } = await service.post(`/replica-count?${CART}&wait=1`, { replicas: 6 });
  broken.remove();
  expect(status).toBe(503);
  await grown(failed, failedBefore, 1);
  expect(await waits()).toBe(waitsBefore);
});

it('writes count by what became of them, and dry runs do not', async () => {
  const path = `/two/replica-count?${CART}`;
  const outcomes = async () =>
    Object.fromEntries(
      (await metricLines(service)).flatMap((line) => {
        const [, outcome, count] =
          /^scaler_writes_total\{cluster="two",outcome="(\w+)"\} (\d+)$/.exec(line) ?? [];
        return outcome === undefined || count === '0' ? [] : [[outcome, Number(count)]];
      }),
    );
  await service.post(path, { replicas: 7 });
  await service.post(path, { replicas: 7 });
  await service.post(`${path}&dryRun=true`, { replicas: 8 });
  await service.post(`${path}&currentReplicas=3`, { replicas: 8 });
  await (await service.clientOf('stranger')).post(path, { replicas: 8 });
  expect(await outcomes()).toEqual({ set: 1, unchanged: 1, refused: 1, denied: 1 });
});

it('decisions count by where they came from, and calls by their status', async () => {
  const decisions = (labels: string) =>
    measured(service, `scaler_authorization_decisions_total{cluster="one",${labels}}`);
  expect(await decisions('source="review",decision="allowed"')).toBeGreaterThan(0);
  expect(await decisions('source="cache",decision="allowed"')).toBeGreaterThan(20);
  expect(await counted('scaler_access_review_duration_seconds', 'cluster="one"')).toBeGreaterThan(0);
  expect(await counted('rest_client_request_duration_seconds', 'cluster="one",verb="POST"')).toBeGreaterThan(
    0,
  );
  expect(
    await measured(service, 'rest_client_requests_total{cluster="two",method="PATCH",code="200"}'),
  ).toBeGreaterThan(0);
});

it('handshakes and connections are counted', async () => {
  expect(await measured(service, 'scaler_tls_handshakes_total{result="accepted"}')).toBeGreaterThan(0);
  expect(await measured(service, 'scaler_connections{state="open"}')).toBeGreaterThan(0);
  const { port, authority } = service;
  await RawConnection.open({ port, ca: authority.cert, cert: '', key: '' });
  const refused = () => measured(service, 'scaler_tls_refusals_total{reason="no_certificate"}');
  await until(async () => (await refused()) === 1);
  expect(await measured(service, 'scaler_tls_handshakes_total{result="refused"}')).toBe(1);
});

it('every series is one that the reference describes', async () => {
  const described = new Map(idleMetrics().described.map(({ name, labels }) => [name, Object.keys(labels)]));
  for (const line of await metricLines(service)) {
    const [, series = '', labels = ''] = /^([a-z_]+)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    const expected = described.get(series) ?? described.get(series.replace(/_(bucket|sum|count)$/, ''));
    if (expected === undefined) continue;
    const names = [...labels.matchAll(/([a-z_]+)="/g)]
      .map(([, name]) => name)
      .filter((name) => name !== 'le');
    expect(names, line).toEqual(expected);
  }
});

it('nothing is left of a cluster that is no longer served', async () => {
  const { fleet } = service.app;
  const of = async (cluster: string) =>
    (await metricLines(service)).filter((line) => line.includes(`cluster="${cluster}"`)).length;
  expect(await of('two')).toBeGreaterThan(0);
  const spec = { name: 'one', kubeconfig: service.kubeconfigOf('one'), contextName: undefined };
  fleet.update([{ ...spec, namespaces: [], server: undefined }]);
  expect(await of('two')).toBe(0);
  expect(await of('one')).toBeGreaterThan(0);
});
