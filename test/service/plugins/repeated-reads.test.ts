import { createHook } from 'node:async_hooks';
import { once } from 'node:events';
import { createServer } from 'node:net';
import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type DemoClusterOptions, FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { logTo } from '../../support/log-to.ts';
import { RawConnection, type RawTarget } from '../../support/security/raw.ts';
import { seed } from '../../support/seed.ts';
import { type ServiceOptions, TestService } from '../../support/service.ts';
import { until } from '../../support/until.ts';

/** The test client may do everything. */
const ALL = { users: ['client'], verbs: ['*'], resources: ['*'] };
const COUNT = '/replica-count?namespace=shop&deployment=cart';

interface Scene {
  readonly demo: FakeApiServer;
  readonly service: TestService;
}

/** For tests that change neither the service nor its cluster. */
let service: TestService;

beforeAll(async () => {
  const scene = await started();
  service = scene.service;
  return () => stopped(scene);
});

async function started(
  options: Partial<ServiceOptions> = {},
  cluster: DemoClusterOptions = {},
): Promise<Scene> {
  const demo = await FakeApiServer.start(cluster);
  demo.roles.allow(ALL);
  const service = await TestService.start({ kubeconfig: demo.kubeconfig, ...options });
  return { demo, service: await service.synced() };
}

async function stopped({ demo, service }: Scene): Promise<void> {
  await service.stop();
  await demo.stop();
}

/** A service and a cluster that a test may change. */
async function ownScene(...options: Parameters<typeof started>): Promise<Scene> {
  const scene = await started(...options);
  onTestFinished(() => stopped(scene));
  return scene;
}

function targetOf({ port, authority, client }: TestService): RawTarget {
  return { port, ca: authority.cert, cert: client.cert, key: client.key };
}

/** One connection, and how many of its requests the HTTP server has seen. */
class Caller {
  readonly connection: RawConnection;
  parsed = 0;

  private constructor(connection: RawConnection, { app }: TestService) {
    this.connection = connection;
    const { localPort } = connection.socket;
    const count = ({ socket }: { socket: { remotePort?: number | undefined } }) => {
      if (socket.remotePort === localPort) this.parsed += 1;
    };
    app.server.setMaxListeners(0).on('request', count);
    onTestFinished(() => {
      app.server.off('request', count);
      connection.close();
    });
  }

  static async open(of = service, port = of.port): Promise<Caller> {
    return new Caller(await RawConnection.open({ ...targetOf(of), port }), of);
  }

  /** Sends these bytes and resolves with the answer to the request that they complete. */
  async ask(bytes: string) {
    const { connection } = this;
    const before = connection.answers.length;
    connection.send(bytes);
    await until(() => connection.answers.length > before || connection.cut);
    return connection.answers[before];
  }

  /** The status and body of the answer to a GET, and whether the HTTP server has seen the request. */
  async get(url: string, headers: readonly string[] = []) {
    const before = this.parsed;
    const answer = await this.ask(get(url, headers));
    return { status: answer?.status, body: answer?.body, usual: this.parsed > before };
  }
}

function get(url: string, headers: readonly string[] = []): string {
  return `GET ${url} HTTP/1.1\r\nHost: localhost\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`;
}

const CART = { status: 200, body: '{"replicaCount":4}' };
const REPEATED = { usual: false };
const USUAL = { usual: true };

describe('a read that a connection repeats', () => {
  it.each([
    COUNT,
    '/healthz',
    '/deployments',
    '/deployments?namespace=shop',
    '/deployments?labelSelector=team+in+(team-shop)',
    '/default/healthz',
  ])('is answered as the first time, byte by byte, without the HTTP server: %s', async (url) => {
    // A list by labels is built for the first who asks for it.
    await (await Caller.open()).get(url);
    const caller = await Caller.open();
    for (let i = 0; i < 3; i += 1) await caller.ask(get(url));
    expect(caller.parsed).toBe(1);
    const changing = /(x-request-id: \S+-)\w+|(age: )\d+|(Date: )[^\r]+/g;
    const texts = caller.connection.received.replaceAll(changing, '$1$2$3').split(/(?=HTTP\/1\.1 )/);
    expect(texts).toHaveLength(3);
    expect(new Set(texts).size).toBe(1);
    const ids = caller.connection.answers.map(({ headers }) => headers['x-request-id']);
    expect(new Set(ids).size).toBe(3);
  });

  it('is repeated by another connection after one request of its own', async () => {
    await (await Caller.open()).get(COUNT);
    const caller = await Caller.open();
    expect(await caller.get('/healthz')).toMatchObject(USUAL);
    expect(await caller.get(COUNT)).toMatchObject({ ...CART, ...REPEATED });
  });

  it('may be a long list', async () => {
    const { service: own } = await ownScene({ authorization: 'SubjectAccessReview' }, { deployments: 4_000 });
    const caller = await Caller.open(own);
    const answers = [];
    for (let i = 0; i < 4; i += 1) answers.push(await caller.get('/deployments'));
    for (const { body = '' } of answers) expect(JSON.parse(body).deployments).toHaveLength(4_000);
    // The first has to ask for the right.
    expect(answers).toMatchObject([USUAL, USUAL, REPEATED, REPEATED]);
  });

  it('repeats the id and the answer 304 of its headers', async () => {
    const caller = await Caller.open();
    const { headers } = (await caller.ask(get(COUNT))) ?? {};
    const lines = ['X-Request-Id: mine', `If-None-Match: ${headers?.etag}`];
    const answers = [await caller.ask(get(COUNT, lines)), await caller.ask(get(COUNT, lines))];
    expect(caller.parsed).toBe(2);
    expect(answers[1]?.status).toBe(304);
    expect(answers[1]?.headers['x-request-id']).toBe('mine');
    expect(Object.keys(answers[1]?.headers ?? {})).toEqual(Object.keys(answers[0]?.headers ?? {}));
  });

  it('shows every change', async () => {
    const { demo, service: own } = await ownScene();
    const caller = await Caller.open(own);
    await caller.get(COUNT);
    demo.deployments.scale('shop', 'cart', 7);
    await until(() => own.cluster.replicasOf('shop', 'cart') === 7);
    expect(await caller.get(COUNT)).toEqual({ status: 200, body: '{"replicaCount":7}', usual: false });
    demo.deployments.delete('shop', 'cart');
    await until(() => own.cluster.replicasOf('shop', 'cart') === undefined);
    expect(await caller.get(COUNT)).toMatchObject({ status: 404, ...USUAL });
  });

  it('is not repeated with other headers, in another version or with another method', async () => {
    const caller = await Caller.open();
    await caller.get(COUNT);
    expect(await caller.get(COUNT, ['Accept: */*'])).toMatchObject({ ...CART, ...USUAL });
    expect(await caller.get(COUNT)).toMatchObject({ ...CART, ...USUAL });
    expect(await caller.get(COUNT)).toMatchObject({ ...CART, ...REPEATED });
    const { parsed } = caller;
    caller.connection.send(get(COUNT).replace('GET', 'HEAD'));
    await until(() => caller.parsed === parsed + 1);
  });

  it('is not repeated if it ended the connection, or had a body', async () => {
    for (const header of ['Connection: close', 'Content-Length: 0']) {
      await (await Caller.open()).get(COUNT, [header]);
      const caller = await Caller.open();
      await caller.get('/healthz', [header]);
      if (caller.connection.cut) continue;
      expect(await caller.get(COUNT, [header])).toMatchObject({ ...CART, ...USUAL });
      expect(await caller.get(COUNT, [header])).toMatchObject({ ...CART, ...USUAL });
    }
  });
});

describe('the bytes of a repeated read', () => {
  it('are a body if a request with a body precedes them', async () => {
    const caller = await Caller.open();
    await caller.get(COUNT);
    const body = get(COUNT);
    caller.connection.send(
      `POST ${COUNT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    expect(await caller.ask(body)).toMatchObject({ status: 400 });
    expect(caller.connection.answers).toHaveLength(2);
  });

  // The request then has two hosts, so it is refused.
  it('are headers if an unfinished request precedes them', async () => {
    const caller = await Caller.open();
    await caller.get(COUNT);
    caller.connection.send('GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Rest: ');
    expect(await caller.ask(get(COUNT))).toMatchObject({ status: 400 });
    expect(caller.connection.answers).toHaveLength(2);
  });

  it('are answered in their turn if other requests precede or follow them', async () => {
    const caller = await Caller.open();
    await caller.get(COUNT);
    caller.connection.send(get('/healthz') + get(COUNT)).send(get(COUNT));
    await until(() => caller.connection.answers.length === 4);
    const bodies = caller.connection.answers.map(({ body }) => body);
    expect(bodies.slice(1)).toEqual(['{"status":"OK"}', CART.body, CART.body]);
  });

  it('are a repeated read again after a write that arrived as one', async () => {
    const { service: own } = await ownScene();
    const caller = await Caller.open(own);
    await caller.get(COUNT);
    const write = `POST ${COUNT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{"replicas":9}`;
    expect(await caller.ask(write)).toMatchObject({ status: 200 });
    expect(await caller.get(COUNT)).toEqual({ status: 200, body: '{"replicaCount":9}', usual: false });
  });
});

describe('a repeated read goes the usual way', () => {
  it('once the decision on its right has expired, and is then refused if the right is gone', async () => {
    const decisionTimes = { allowedSeconds: 0.05, deniedSeconds: 0, outageSeconds: 0 };
    const { demo, service: own } = await ownScene({ authorization: 'SubjectAccessReview', decisionTimes });
    const caller = await Caller.open(own);
    await caller.get(COUNT);
    await until(async () => (await caller.get(COUNT)).usual === false);
    demo.roles.reset();
    await until(async () => (await caller.get(COUNT)).status === 403);
  });

  it('for a client without the right, even if one with it asked before', async () => {
    const { service: own } = await ownScene({ authorization: 'SubjectAccessReview' });
    const allowed = await Caller.open(own);
    await allowed.get(COUNT);
    await allowed.get(COUNT);
    expect(await allowed.get(COUNT)).toMatchObject(REPEATED);
    const other = await own.authority.issue({ commonName: 'other', usages: ['clientAuth'] });
    const connection = await RawConnection.open({ ...targetOf(own), cert: other.cert, key: other.key });
    onTestFinished(() => connection.close());
    for (let i = 1; i < 4; i += 1) {
      connection.send(get(COUNT));
      await until(() => connection.answers.length === i);
    }
    expect(connection.answers.map(({ status }) => status)).toEqual([403, 403, 403]);
  });

  it('while the service drains, so that its answer closes the connection', async () => {
    const { service: own } = await ownScene();
    const caller = await Caller.open(own);
    await caller.get(COUNT);
    own.app.startDraining();
    expect(await caller.ask(get(COUNT))).toMatchObject({ status: 200, headers: { connection: 'close' } });
  });

  it('on a connection that is too old', async () => {
    const { service: own } = await ownScene({ limits: { maxConnectionAgeSeconds: 0 } });
    expect(await (await Caller.open(own)).ask(get(COUNT))).toMatchObject({
      headers: { connection: 'close' },
    });
  });

  it('beyond the rate of its client', async () => {
    const { service: own } = await ownScene({ limits: { readsPerSecond: 3 } });
    const caller = await Caller.open(own);
    await until(async () => (await caller.get(COUNT)).status === 429);
    await until(async () => (await caller.get(COUNT)).status === 200);
  });

  it('while its cluster is not there', async () => {
    const { service: own } = await ownScene();
    const caller = await Caller.open(own);
    await caller.get(COUNT);
    own.app.fleet.update([{ ...SPEC, name: 'another' }]);
    expect((await caller.get(COUNT)).status).toBe(503);
  });

  it('while a client does not read its answers', async () => {
    const caller = await Caller.open();
    const list = get('/deployments');
    await caller.ask(list);
    const { socket } = caller.connection;
    const [connection] = [...service.app.clientConnections.values()].filter(
      (each) => each.socket.remotePort === socket.localPort,
    );
    if (connection === undefined) throw new Error('the service has the connection');
    socket.pause();
    let most = 0;
    for (let sent = 0; caller.parsed < 2 && sent < 100_000; sent += 1) {
      if (socket.writableLength > 1_000_000) break;
      socket.write(list);
      if (sent % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, connection.socket.writableLength);
    }
    expect(caller.parsed).toBeGreaterThanOrEqual(2);
    expect(most).toBeLessThan(1_000_000);
  });
});

describe('a long list that clients do not read', () => {
  /** Their list is a little shorter than 1 MiB, above which a list is not sent as a whole. */
  const deployments = Array.from({ length: 4_000 }, (_, number) => ({
    namespace: 'shop',
    name: `${'long-'.repeat(47)}${1_000 + number}`,
    replicas: 1,
  }));
  let scene: Scene;
  beforeEach(async () => {
    scene = await ownScene({}, { deployments });
  });

  /** A client that has repeated the list of 1 MB until the kernel took no more of it. */
  async function unread(port?: number) {
    const { app } = scene.service;
    const caller = await Caller.open(scene.service, port);
    const { length } = (await caller.get('/deployments')).body ?? '';
    const { socket } = caller.connection;
    const connection = [...app.clientConnections.values()].at(-1);
    const written = () => connection?.socket.bytesWritten ?? 0;
    socket.pause();
    let sent = 1;
    while (connection?.running.size === 0) {
      const before = written();
      socket.write(get('/deployments'));
      sent += 1;
      await until(() => connection.running.size > 0 || written() >= before + length);
    }
    return { caller, sent, length };
  }

  it('is still sent while the service stops', async () => {
    const { app } = scene.service;
    // The service waits for the connections of its own further listeners. This one is of none of them.
    const listener = createServer((socket) => app.server.emit('connection', socket)).listen(0, '127.0.0.1');
    onTestFinished(() => void listener.close());
    await once(listener, 'listening');
    const address = listener.address();
    const { caller, sent } = await unread(typeof address === 'object' ? address?.port : undefined);
    expect(caller.parsed).toBe(1);
    const closed = app.close();
    caller.connection.socket.resume();
    await caller.connection.ended();
    await closed;
    expect(caller.connection.answers).toHaveLength(sent);
  });

  it('is sent as a whole to as many as there is memory for, and in pieces to the others', async () => {
    const { clientConnections } = scene.service.app;
    const clients = [];
    for (let i = 0; i < 20; i += 1) clients.push(await unread());
    const whole = clients.filter(({ caller }) => caller.parsed === 1);
    expect(whole).toHaveLength(Math.floor((16 * 1024 * 1024) / (clients[0]?.length ?? 0)));
    const pending = [...clientConnections.values()].map(({ socket }) => socket.writableLength);
    expect(pending.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(17 * 1024 * 1024);
    // Clients that go away make room for others.
    for (const { caller } of clients) caller.connection.close();
    await until(() => clientConnections.size === 0);
    const caller = await Caller.open(scene.service);
    await caller.get('/deployments');
    expect((await caller.get('/deployments')).usual).toBe(false);
  });
});

const SPEC = { kubeconfig: undefined, contextName: undefined, namespaces: [], server: undefined };

describe('the cost of a repeated read', () => {
  it('is neither a promise nor a hook nor a parsed request', async () => {
    const caller = await Caller.open();
    await caller.get(COUNT);
    const [connection] = [...service.app.clientConnections.values()].filter(
      (each) => each.socket.remotePort === caller.connection.socket.localPort,
    );
    if (connection === undefined) throw new Error('the service has the connection');
    let promises = 0;
    const hook = createHook({
      init: (_id, type) => {
        if (type === 'PROMISE') promises += 1;
      },
    }).enable();
    const answered = service.app.answerAtOnce(connection, get(COUNT));
    hook.disable();
    expect([answered, promises, caller.parsed]).toEqual([true, 0, 1]);
  });
});

const WRITE = `POST ${COUNT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
const REQUESTS = [
  get(COUNT),
  get(COUNT),
  get('/healthz'),
  get('/deployments?namespace=shop'),
  get(COUNT, ['X-Request-Id: abc']),
  get(COUNT, ['If-None-Match: nonsense']),
  get(COUNT, ['Accept-Encoding: br', 'Connection: keep-alive']),
  get(COUNT, ['Content-Length: 0']),
  get('/replica-count?namespace=shop&deployment=nothing'),
  get('/nothing'),
  `${WRITE}Content-Length: 14\r\n\r\n{"replicas":3}`,
  `${WRITE}Content-Length: ${get(COUNT).length}\r\n\r\n${get(COUNT)}`,
  `${WRITE}Transfer-Encoding: chunked\r\n\r\ne\r\n{"replicas":3}\r\n0\r\n\r\n`,
];

describe('whatever a client sends, in whatever pieces', () => {
  it('gets the answers of a service that repeats nothing', { timeout: 300_000 }, async () => {
    // It logs each read, so each read goes the usual way.
    // Nothing changes by itself, so that both clusters are always in the same state.
    const still = { rolloutDelayMs: Number.POSITIVE_INFINITY };
    const { service: usual } = await ownScene({ logStream: logTo(() => {}) }, still);
    const { service: repeating } = await ownScene({}, still);
    const part = fc.record({
      request: fc.nat(REQUESTS.length - 1),
      /** Where the request is cut in two. */
      cut: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined, freq: 2 }),
      /** Whether the client waits for all answers before it goes on. */
      waits: fc.boolean(),
    });
    const answersOf = async (
      parts: readonly { request: number; cut?: number | undefined; waits: boolean }[],
      of: TestService,
    ) => {
      const connection = await RawConnection.open(targetOf(of));
      let sent = 0;
      for (const { request, cut = 1, waits } of [{ request: 0, waits: true }, ...parts]) {
        const bytes = REQUESTS[request] ?? '';
        const at = Math.floor(bytes.length * cut);
        for (const piece of [bytes.slice(0, at), bytes.slice(at)]) if (piece !== '') connection.send(piece);
        sent += 1;
        if (waits) await until(() => connection.answers.length >= sent || connection.cut);
      }
      await connection.send(get('/healthz', ['Connection: close'])).ended();
      connection.close();
      return connection.answers.map(({ status, headers, body }) => ({
        status,
        names: Object.keys(headers),
        body,
      }));
    };
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 12 }), async (parts) => {
        expect(await answersOf(parts, repeating)).toEqual(await answersOf(parts, usual));
      }),
      { seed: seed(), numRuns: Number(process.env.FC_RUNS ?? 40) },
    );
  });
});
