import type { FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import type { Forecast } from '../../../src/cluster/ownership/forecast.ts';
import { buildTestApp, MemoryCluster } from '../../support/build-app.ts';
import { logTo } from '../../support/log-to.ts';

const URL = '/replica-count?namespace=default&deployment=my-deployment';
const HPA = 'HorizontalPodAutoscaler/cart';
const undone: Forecast = {
  kind: 'undone',
  by: HPA,
  certain: true,
  message: `${HPA} keeps 2 to 4 and undoes 8. To keep it: kubectl patch -p '{"spec":{}}'`,
};
const drifts: Forecast = { kind: 'drifts', by: 'Helm/web', certain: false, message: 'Helm sets 3 again' };

const write = (app: FastifyInstance, query = '', replicas = 8) =>
  app.inject({ method: 'POST', url: `${URL}${query}`, payload: { replicas } });

function clusterWith(...forecasts: readonly Forecast[]): MemoryCluster {
  const cluster = new MemoryCluster();
  if (forecasts.length > 0) cluster.forecasts = forecasts;
  return cluster;
}

describe('the answer to a write', () => {
  it('says that the count holds, and what it was before', async () => {
    const app = await buildTestApp();
    const { headers, body } = await write(app);
    expect(body).toBe('{"replicaCount":8}');
    expect(headers).toMatchObject({
      'x-replicas-forecast': 'holds',
      'x-previous-replicas': '3',
      'x-resource-version': '2',
      etag: '"uid.2"',
    });
    expect(headers).not.toHaveProperty('warning');
  });

  it('has the forecasts, and one Warning for each and for each of the API server', async () => {
    const contested: Forecast = { ...undone, kind: 'contested', message: 'until its next "decision"' };
    const cluster = clusterWith(contested, drifts);
    cluster.warnings = ['use another API'];
    const { headers } = await write(await buildTestApp(cluster));
    expect(headers['x-replicas-forecast']).toBe(
      `contested; by="${HPA}", drifts; by="Helm/web"; certainty=possible`,
    );
    expect(headers.warning).toEqual([
      '299 - "until its next \\"decision\\""',
      '299 - "Helm sets 3 again"',
      '299 - "use another API"',
    ]);
  });

  it('is the same by the old name of the operation', async () => {
    const cluster = clusterWith(drifts);
    const app = await buildTestApp(cluster);
    const url = URL.replace('/replica-count', '/default/set-replica-count');
    const { headers } = await app.inject({ method: 'POST', url, payload: { replicas: 8 } });
    expect(headers).toMatchObject({
      'x-replicas-forecast': 'drifts; by="Helm/web"; certainty=possible',
      warning: ['299 - "Helm sets 3 again"'],
    });
  });
});

describe('a write that would certainly be undone', () => {
  it('is refused with 409, and says by whom and what to change; nothing changes', async () => {
    const cluster = clusterWith(undone, drifts);
    const response = await write(await buildTestApp(cluster));
    expect(response.json()).toEqual({
      statusCode: 409,
      code: 'REPLICAS_MANAGED',
      error: 'Conflict',
      message: `Nothing was changed, because the count would not stay. ${undone.message}. To set it in spite of that, send force=true`,
    });
    expect(response.headers['x-replicas-forecast']).toBe(
      `undone; by="${HPA}", drifts; by="Helm/web"; certainty=possible`,
    );
    expect(response.headers).not.toHaveProperty('warning');
    expect(response.headers).not.toHaveProperty('retry-after');
    expect(cluster.writes).toEqual([]);
  });

  it('is made with force=true, and warned of', async () => {
    const cluster = clusterWith(undone);
    const { statusCode, headers } = await write(await buildTestApp(cluster), '&force=true');
    expect(statusCode).toBe(200);
    expect(headers['x-replicas-forecast']).toBe(`undone; by="${HPA}"`);
    expect(headers.warning).toEqual([expect.stringContaining('To keep it')]);
    expect(cluster.writes).toHaveLength(1);
  });

  it('is refused with force=false', async () => {
    expect((await write(await buildTestApp(clusterWith(undone)), '&force=false')).statusCode).toBe(409);
  });
});

describe('a dry run', () => {
  it('answers as the write would, without an ETag, and changes nothing', async () => {
    const cluster = clusterWith(drifts);
    const { statusCode, headers, body } = await write(await buildTestApp(cluster), '&dryRun=true');
    expect({ statusCode, body }).toEqual({ statusCode: 200, body: '{"replicaCount":8}' });
    expect(headers).toMatchObject({ 'x-previous-replicas': '3', warning: ['299 - "Helm sets 3 again"'] });
    expect(headers).not.toHaveProperty('etag');
    expect(cluster.writes).toEqual([]);
    expect(cluster.replicasOf('default', 'my-deployment')).toBe(3);
  });

  it('is refused as the write would be', async () => {
    expect((await write(await buildTestApp(clusterWith(undone)), '&dryRun=true')).statusCode).toBe(409);
  });
});

describe('currentReplicas', () => {
  it.each([
    ['3', 200],
    ['4', 412],
    ['0', 412],
  ])('%s is answered %i, of a Deployment with 3', async (count, statusCode) => {
    const cluster = new MemoryCluster();
    const response = await write(await buildTestApp(cluster), `&currentReplicas=${count}`);
    expect(response.statusCode).toBe(statusCode);
    if (statusCode === 412) expect(response.json().code).toBe('PRECONDITION_FAILED');
    expect(cluster.writes).toHaveLength(statusCode === 200 ? 1 : 0);
  });

  it.each([
    ['"uid.1"', 3, 200],
    ['"uid.1"', 4, 412],
    ['"uid.9"', 3, 412],
  ])('and If-Match must both hold: %s and %i is answered %i', async (tag, count, statusCode) => {
    const app = await buildTestApp();
    const response = await app.inject({
      method: 'POST',
      url: `${URL}&currentReplicas=${count}`,
      payload: { replicas: 8 },
      headers: { 'if-match': tag },
    });
    expect(response.statusCode).toBe(statusCode);
  });
});

describe('a write whose parameters are ill-formed', () => {
  it.each([
    'force=',
    'force=1',
    'force=yes',
    'force=TRUE',
    'force=true&force=true',
    'dryRun=',
    'dryRun=All',
    'dryRun=true&dryRun=false',
    'currentReplicas=',
    'currentReplicas=-1',
    'currentReplicas=+1',
    'currentReplicas=03',
    'currentReplicas=3.0',
    'currentReplicas=3e0',
    'currentReplicas=3%0a',
    'currentReplicas=99999999999',
    'currentReplicas=3&currentReplicas=3',
    'currentreplicas=3',
    'maxAge=0',
  ])('is refused with 400, and nothing changes: %s', async (query) => {
    const cluster = new MemoryCluster();
    const response = await write(await buildTestApp(cluster), `&${query}`);
    const [name = ''] = query.split('=');
    expect(response.json()).toMatchObject({
      statusCode: 400,
      code: 'INVALID_QUERY',
      message: expect.stringMatching(new RegExp(`^(unknown )?query parameter(: | )${name}`)),
    });
    expect(cluster.writes).toEqual([]);
  });

  it('is also a read with these parameters', async () => {
    const app = await buildTestApp();
    for (const query of ['force=true', 'dryRun=true', 'currentReplicas=3'])
      expect((await app.inject(`${URL}&${query}`)).statusCode).toBe(400);
  });
});

it.each([
  ['', {}],
  ['&force=true', { force: true }],
  ['&dryRun=true&force=false', { dryRun: true }],
])('the audit line of a write has its options: %j', async (query, options) => {
  const lines: Record<string, unknown>[] = [];
  const logStream = logTo((line) => void lines.push(JSON.parse(line)));
  const app = await buildTestApp(undefined, { logLevel: 'info', logStream });
  await write(app, query);
  const audits = lines.filter((line) => line.deployment === 'my-deployment');
  expect(audits).toHaveLength(1);
  const [{ force, dryRun, ...audit } = {}] = audits;
  expect(audit).toMatchObject({ user: 'client', cluster: 'default', from: 3, to: 8 });
  expect({ force, dryRun }).toEqual({ force: undefined, dryRun: undefined, ...options });
});
