import { once } from 'node:events';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PIECE_BYTES } from '../../../src/lib/piecewise-body.ts';
import { SERVICE_USER } from '../../support/fake-apiserver/access.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { logTo } from '../../support/log-to.ts';
import { RawConnection } from '../../support/security/raw.ts';
import { TestService } from '../../support/service.ts';
import { until } from '../../support/until.ts';

/** The records of users and their actions: log lines, request ids and Events. */
let demo: FakeApiServer;
let service: TestService;
let lines: Record<string, unknown>[] = [];

beforeAll(async () => {
  demo = await FakeApiServer.start();
  const resources = ['deployments', 'deployments/scale'];
  demo.roles.allow({ users: ['client'], verbs: ['get', 'list', 'patch'], resources, namespaces: ['shop'] });
  const logStream = logTo((line) => void lines.push(JSON.parse(line)));
  const kubeconfig = demo.kubeconfig;
  service = await (
    await TestService.start({ kubeconfig, authorization: 'SubjectAccessReview', logStream })
  ).synced();
});
afterEach(() => {
  demo.faults.clear();
  lines = [];
});
afterAll(async () => {
  await service.stop();
  await demo.stop();
});

async function lineOf(message: string): Promise<Record<string, unknown>> {
  await until(() => lines.some(({ msg }) => msg === message));
  return lines.find(({ msg }) => msg === message) ?? {};
}

const groups = ['system:authenticated'];

describe('the audit line', () => {
  it('of a write names the user, the Deployment, both counts, the result, the request id and the duration', async () => {
    const from = demo.deployments.get('shop', 'cart')?.replicas ?? 0;
    await service.scale('shop', 'cart', from + 1, { 'x-request-id': 'audit-1' });
    expect(await lineOf('audit')).toMatchObject({
      level: 'info',
      requestId: 'audit-1',
      user: 'client',
      groups,
      namespace: 'shop',
      deployment: 'cart',
      from,
      to: from + 1,
      statusCode: 200,
      durationMs: expect.any(Number),
    });
  });

  it.each([
    ['forbidden', 'payments', 'ledger', 403, 'FORBIDDEN'],
    ['for a Deployment that does not exist', 'shop', 'nope', 404, 'DEPLOYMENT_NOT_FOUND'],
  ])(
    'of a write that is %s has its status and code',
    async (_title, namespace, deployment, statusCode, code) => {
      await service.scale(namespace, deployment, 1);
      expect(await lineOf('audit')).toMatchObject({
        user: 'client',
        namespace,
        deployment,
        to: 1,
        statusCode,
        code,
      });
    },
  );

  it('of a refused read names the user and the Deployment', async () => {
    await service.count('payments', 'ledger');
    expect(await lineOf('audit')).toMatchObject({
      user: 'client',
      method: 'GET',
      statusCode: 403,
      code: 'FORBIDDEN',
    });
  });

  it('of a refused certificate gives the reason, the certificate and the address', async () => {
    const client = await service.clientOf('system:admin');
    await client.get('/healthz');
    expect(await lineOf('audit')).toMatchObject({
      refused: 'reserved',
      certificate: { subject: 'CN=system:admin', issuer: 'CN=test CA', serial: expect.any(String) },
      address: expect.stringContaining('127.0.0.1'),
      statusCode: 403,
      code: 'IDENTITY_RESERVED',
    });
  });

  it('of a failed write is a warning', async () => {
    demo.faults.add({ on: 'patchScale', fault: { type: 'status', code: 503 } });
    await service.scale('shop', 'cart', 2);
    expect(await lineOf('audit')).toMatchObject({
      level: 'warn',
      statusCode: 503,
      code: 'KUBERNETES_UNAVAILABLE',
    });
  });
});

describe('the line of a request that was refused', () => {
  it('is a warning if the account of the service lacks a right', async () => {
    demo.faults.add({ on: 'patchScale', fault: { type: 'status', code: 403 } });
    expect(await service.scale('shop', 'cart', 2)).toMatchObject({ body: { code: 'SERVICE_FORBIDDEN' } });
    expect(await lineOf('audit')).toMatchObject({
      level: 'warn',
      statusCode: 403,
      code: 'SERVICE_FORBIDDEN',
    });
  });

  it('is a warning if the client asks too much', async () => {
    const limited = await TestService.start({
      kubeconfig: demo.kubeconfig,
      limits: { readsPerSecond: 1 },
      logStream: logTo((line) => void lines.push(JSON.parse(line))),
    });
    for (let status: number | undefined; status !== 429; ) ({ status } = await limited.get('/healthz'));
    await limited.stop();
    expect(await lineOf('audit')).toMatchObject({ level: 'warn', statusCode: 429, code: 'RATE_LIMITED' });
  });

  it('is not a warning if the client itself lacks a right', async () => {
    await service.scale('payments', 'ledger', 1);
    expect(await lineOf('audit')).toMatchObject({ level: 'info', code: 'FORBIDDEN' });
  });
});

describe('a client that goes before its long answer begins', () => {
  const OPEN = { config: { rights: 'none' } } as const;
  const LONG = Buffer.alloc(2 * PIECE_BYTES);
  const gone = (reply: FastifyReply) => once(reply.raw, 'close');

  /** The lines of its request. The body makes it a request that has been read as a whole. */
  async function linesOf(
    route: (app: FastifyInstance) => void,
    last: { readonly statusCode: number },
  ): Promise<readonly object[]> {
    const left = await TestService.start({
      kubeconfig: demo.kubeconfig,
      logStream: logTo((line) => void lines.push(JSON.parse(line))),
      routes: route,
    });
    const { authority, client, port } = left;
    const login = { ca: authority.cert, cert: client.cert, key: client.key };
    const connection = await RawConnection.open({ port, ...login });
    const headers = 'host: a\r\ncontent-type: application/json\r\ncontent-length: 2';
    connection.send(`POST /docs/late HTTP/1.1\r\n${headers}\r\n\r\n{}`);
    await lineOf('begun');
    connection.close();
    await until(() => lines.some(({ statusCode }) => statusCode === last.statusCode));
    await left.stop();
    return lines.filter(({ url }) => url === '/docs/late');
  }

  it('has one line, with the status of the answer, if it goes before that is ready', async () => {
    const written = await linesOf(
      (app) => {
        app.post('/docs/late', OPEN, async (request, reply) => {
          request.log.info('begun');
          await gone(reply);
          return LONG;
        });
      },
      { statusCode: 200 },
    );
    expect(written).toEqual([expect.objectContaining({ msg: 'request', level: 'info', statusCode: 200 })]);
  });

  it('is not an error of the service if it goes just before the first piece is sent', async () => {
    const written = await linesOf(
      (app) => {
        const onSend = async (request: FastifyRequest, reply: FastifyReply) => {
          if (reply.statusCode !== 200) return;
          request.log.info('begun');
          await gone(reply);
        };
        app.post('/docs/late', { ...OPEN, onSend }, async () => LONG);
      },
      { statusCode: 400 },
    );
    expect(written).toEqual([
      expect.objectContaining({ statusCode: 200 }),
      expect.objectContaining({ statusCode: 400, code: 'MALFORMED_REQUEST' }),
    ]);
  });
});

describe('other log lines', () => {
  it('about successful reads have level debug and contain no body or header', async () => {
    await service.get('/deployments?namespace=shop', { 'x-secret': 'hush' });
    expect(await lineOf('request')).toMatchObject({ level: 'debug', user: 'client', statusCode: 200 });
    await service.scale('shop', 'cart', '{"replicas":"a secret"}', { 'x-secret': 'hush' });
    await until(() => lines.some(({ statusCode }) => statusCode === 400));
    expect(JSON.stringify(lines)).not.toMatch(/hush|a secret/);
  });
});

describe('the line of a request whose URL cannot be decoded', () => {
  it('is written once, with the fields of any refused request', async () => {
    const { headers } = await service.post(`/%zz?x=${'y'.repeat(1_000)}`, {});
    await service.get('/nope');
    await until(() => lines.some(({ code }) => code === 'ROUTE_NOT_FOUND'));
    const [line, ...more] = lines.filter(({ code }) => code === 'INVALID_URL');
    expect(line).toEqual({
      level: 'info',
      time: expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      pid: expect.any(Number),
      hostname: expect.any(String),
      requestId: headers['x-request-id'],
      user: 'client',
      groups,
      method: 'POST',
      url: `/%zz?x=${'y'.repeat(249)}`,
      statusCode: 400,
      code: 'INVALID_URL',
      durationMs: expect.any(Number),
      msg: 'request',
    });
    expect(more).toEqual([]);
  });

  it('gives the reason why a certificate is refused', async () => {
    const client = await service.clientOf('system:admin');
    await client.get('/%zz');
    expect(await lineOf('request')).toMatchObject({ refused: 'reserved', code: 'INVALID_URL' });
  });
});

describe('the lines about requests that were not served', () => {
  it('contain at most 256 characters of a URL', async () => {
    await service.get(`/nope?x=${'y'.repeat(10_000)}`);
    const { url } = await lineOf('request');
    expect(url).toBe(`/nope?x=${'y'.repeat(248)}`);
  });

  it('are limited to 50 per client in 10 s, plus one that counts the rest, and do not use up the lines of others', async () => {
    const written: Record<string, unknown>[] = [];
    const another = await TestService.start({
      kubeconfig: demo.kubeconfig,
      logStream: logTo((line) => void written.push(JSON.parse(line))),
    });
    const greedy = await another.clientOf('greedy');
    for (let count = 0; count < 60; count += 1) await greedy.get(count % 2 === 0 ? '/nope' : '/%zz');
    await another.get('/nope');
    expect((await greedy.scale('shop', 'cart', 3)).status).toBe(200);
    await another.stop();
    const ofGreedy = written.filter(({ user }) => user === 'greedy');
    expect(ofGreedy.filter(({ statusCode }) => statusCode === 404)).toHaveLength(25);
    expect(ofGreedy.filter(({ statusCode }) => statusCode === 400)).toHaveLength(25);
    expect(ofGreedy.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1);
    expect(ofGreedy.at(-1)).toMatchObject({ lines: 10, msg: 'log lines of a client were left out' });
    expect(written.filter(({ user, statusCode }) => user === 'client' && statusCode === 404)).toHaveLength(1);
  });
});

describe('a log that is not read', () => {
  it('makes a write fail without a change if there is no room for its audit line', async () => {
    const blocked = await (
      await TestService.start({
        kubeconfig: demo.kubeconfig,
        logStream: { write: () => {}, reserve: () => undefined },
      })
    ).synced();
    demo.requests.clear();
    expect(await blocked.scale('shop', 'cart', 0)).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      body: { code: 'LOG_BLOCKED' },
    });
    expect(demo.requests.count('patchScale')).toBe(0);
    expect((await blocked.count('shop', 'cart')).status).toBe(200);
    await blocked.stop();
  });

  it('delays only answers to writes, until their audit lines are written', async () => {
    const { promise: read, resolve: readTheLog } = Promise.withResolvers<void>();
    let limit = 0;
    const held = await (
      await TestService.start({
        kubeconfig: demo.kubeconfig,
        logStream: {
          write: () => {},
          reserve: () => ({
            fill: (log, limitMs) => {
              limit = limitMs;
              log();
              return read;
            },
          }),
        },
      })
    ).synced();
    let answered = false;
    const answer = held.scale('shop', 'cart', 5).then(({ status }) => {
      answered = true;
      return status;
    });
    await until(() => limit > 0);
    for (let count = 0; count < 5; count += 1) expect((await held.count('shop', 'cart')).status).toBe(200);
    expect(answered).toBe(false);
    expect(limit).toBe(1_000);
    readTheLog();
    expect(await answer).toBe(200);
    await held.stop();
  });
});

describe('the request id', () => {
  it.each(['abc', 'A.b_c-1', 'x'.repeat(64)])('is adopted: %s', async (id) => {
    expect((await service.get('/healthz', { 'x-request-id': id })).headers['x-request-id']).toBe(id);
  });

  it.each(['', 'a b', 'a"b', '<x>', 'x'.repeat(65), 'a,b'])('is replaced if it is %j', async (id) => {
    const given = (await service.get('/nope', { 'x-request-id': id })).headers['x-request-id'];
    expect(given).toMatch(/^[0-9a-f]{12}-[0-9a-z]+$/);
  });

  it('differs for every request, in error answers too', async () => {
    const paths = ['/healthz', '/healthz', '/nope', '/%zz', '/deployments?x=1'];
    const ids = await Promise.all(
      paths.map(async (path) => (await service.get(path)).headers['x-request-id']),
    );
    expect(new Set(ids).size).toBe(paths.length);
  });
});

describe('the Event on a Deployment', () => {
  const messages = () => demo.events.map(({ message }) => message);

  it('names the user and the old and new count', async () => {
    await service.scale('shop', 'catalog', 1);
    await service.scale('shop', 'catalog', 9);
    await until(() => messages().includes('client scaled from 1 to 9'));
    const event = demo.events.find(({ message }) => message === 'client scaled from 1 to 9');
    expect(event).toMatchObject({
      type: 'Normal',
      reason: 'Scaled',
      involvedObject: { kind: 'Deployment', namespace: 'shop', name: 'catalog', uid: expect.any(String) },
      source: { component: 'k8s-deployment-scaler' },
    });
  });

  it('is not created for a write that changes nothing', async () => {
    await service.scale('shop', 'catalog', 40);
    await until(() => messages().some((message) => String(message).endsWith('to 40')));
    const before = demo.events.length;
    await service.scale('shop', 'catalog', 40);
    await service.scale('shop', 'catalog', 41);
    await until(() => messages().includes('client scaled from 40 to 41'));
    expect(demo.events.length).toBe(before + 1);
  });

  it('is omitted, and not tried again for a while, if the account may not create events', async () => {
    const everythingElse = ['deployments', 'deployments/scale', 'subjectaccessreviews'];
    demo.roles.set([{ users: [SERVICE_USER.name, 'client'], verbs: ['*'], resources: everythingElse }]);
    demo.requests.clear();
    for (const replicas of [11, 12, 13]) {
      expect((await service.scale('shop', 'catalog', replicas)).status).toBe(200);
      await until(() => demo.requests.count('event') === 1);
    }
    expect(
      await lineOf('the account of the service may not create events: none are created in this namespace'),
    ).toBeDefined();
    expect(demo.requests.count('event')).toBe(1);
  });
});
