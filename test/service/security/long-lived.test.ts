import type { FastifyInstance, FastifyReply } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import type { Interruption, LongLivedKind } from '../../../src/tls/client-connection.ts';
import type { RawConnection } from '../../support/security/raw.ts';
import { COUNT, Scene } from '../../support/security/scene.ts';
import { measured } from '../../support/service-metrics.ts';
import { until } from '../../support/until.ts';

/** Answers that last as long as their clients stay: their places, and their ends. */
let scene: Scene;

afterEach(() => scene.stop());

const OPEN = { config: { rights: 'none' } } as const;
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const READ = get(COUNT);
const PIECE = Buffer.alloc(16 * 1024, 'x');

/** The long-lived answers that have begun, and why they were interrupted. */
let begun: { reply: FastifyReply; why: Interruption[] }[] = [];
/** What requests wait for before their long-lived answers begin. */
let before: Promise<void> | undefined;
/** What requests wait for before they take their places. */
let beforePlace: Promise<void> | undefined;
const MIB = 1024 * 1024;
/** How many large answers are ready. */
let large = 0;

function routes(app: FastifyInstance): void {
  begun = [];
  before = undefined;
  beforePlace = undefined;
  large = 0;
  app.get('/docs/large', OPEN, (_request, reply) => {
    large += 1;
    return reply.type('text/plain').send(Buffer.alloc(8 * MIB, 'large '));
  });
  for (const kind of ['waiter', 'stream'] as const satisfies readonly LongLivedKind[]) {
    app.get(`/docs/${kind}`, OPEN, async (request, reply) => {
      await beforePlace;
      request.takeLongLivedPlace(kind);
      if (kind === 'stream') {
        reply.hijack();
        reply.raw.writeHead(200, { 'content-type': 'text/plain' });
        reply.raw.flushHeaders();
      }
      await before;
      const why: Interruption[] = [];
      const interrupted = new Promise<Interruption>((resolve) => {
        request.beginLongLived((each) => {
          why.push(each);
          resolve(each);
        });
      });
      begun.push({ reply, why });
      const reason = await interrupted;
      if (kind === 'stream') reply.raw.end(`the end: ${reason}`);
      else return reply.type('text/plain').send(`the end: ${reason}`);
    });
  }
}

/** An open connection that has begun these. */
async function opened(...paths: readonly string[]): Promise<RawConnection> {
  const connection = await scene.open();
  const count = begun.length + paths.length;
  connection.send(paths.map(get).join(''));
  await until(() => begun.length === count);
  return connection;
}

const places = () => scene.service.app.longLived;

/** Checks that the attacker may have as many requests under way as at first, which are two. */
async function expectAllPlacesFree(): Promise<void> {
  beforePlace = undefined;
  const reads = await scene.open();
  reads.send(READ + READ);
  await until(() => reads.answers.length === 2);
  reads.close();
}

const codeOf = ({ body }: { body: unknown }) => body;

describe('long-lived answers', () => {
  it('have places of their own, in all and per user, and a refusal says of what there are too many', async () => {
    scene = await Scene.start(
      { maxRequestsPerClient: 2, maxWaiters: 3, maxWaitersPerClient: 2, maxStreamsPerClient: 1 },
      { routes },
    );
    const attacker = await opened('/docs/waiter', '/docs/waiter');
    const stream = await opened('/docs/stream');
    const refused = await scene.open();
    for (const [index, request] of [get('/docs/waiter'), get('/docs/stream'), READ].entries()) {
      refused.send(request);
      await until(() => refused.answers.length === index + 1);
    }
    expect(refused.answers.map(({ status }) => status)).toEqual([429, 429, 200]);
    expect(refused.received).toMatch(/"TOO_MANY_WAITERS"[\s\S]*"TOO_MANY_STREAMS"/);
    const other = scene.bystander.get('/docs/waiter');
    await until(() => begun.length === 4);
    expect(codeOf(await scene.bystander.get('/docs/waiter'))).toMatchObject({ code: 'TOO_MANY_WAITERS' });
    expect(await measured(scene.service, 'scaler_waiters')).toBe(3);
    expect(await measured(scene.service, 'scaler_streams')).toBe(1);
    expect(await measured(scene.service, 'scaler_requests_shed_total{limit="waiters"}')).toBe(2);
    expect(await measured(scene.service, 'scaler_requests_shed_total{limit="streams"}')).toBe(1);
    for (const each of [attacker, stream, refused]) each.close();
    await until(() => places().waiters === 1 && places().streams === 0);
    begun.at(-1)?.reply.send('done');
    await other;
    await until(() => places().waiters === 0);
  });

  it('end when their connection closes, and give back their places once', async () => {
    scene = await Scene.start({ maxWaitersPerClient: 3 }, { routes });
    for (let round = 0; round < 3; round += 1) {
      const connection = await opened('/docs/waiter', '/docs/waiter', '/docs/stream');
      connection.close();
      await until(() => places().waiters === 0 && places().streams === 0);
    }
    expect(begun.map(({ why }) => why)).toEqual(Array(9).fill(['disconnected']));
    await scene.expectUnharmed();
  });

  it('end when their client sends something that is not HTTP', async () => {
    scene = await Scene.start({}, { routes });
    const connection = await opened('/docs/waiter');
    connection.send('nonsense\r\n\r\n');
    await connection.ended();
    // The client may see the end before the service does.
    await until(() => begun[0]?.why.length === 1);
    expect(begun[0]?.why).toEqual(['malformed']);
    connection.close();
  });

  it('end at once when their certificate no longer passes, and so do those that begin later', async () => {
    scene = await Scene.start({}, { routes });
    const waiter = await opened('/docs/waiter');
    const stream = await opened('/docs/stream');
    const held = Promise.withResolvers<void>();
    before = held.promise;
    const late = await scene.open();
    late.send(get('/docs/waiter'));
    await until(() => places().waiters === 2);
    scene.service.app.recheckClients(({ subject }) => subject !== 'CN=client');
    expect((await waiter.ended()).answers[0]?.body).toBe('the end: revoked');
    expect(waiter.answers[0]?.headers.connection).toBe('close');
    expect((await stream.ended()).received).toContain('the end: revoked');
    expect(late.cut).toBe(false);
    held.resolve();
    expect((await late.ended()).answers[0]?.body).toBe('the end: revoked');
    expect(places()).toMatchObject({ waiters: 0, streams: 0 });
    expect(begun.map(({ why }) => why)).toEqual(Array(3).fill(['revoked']));
    for (const each of [waiter, stream, late]) each.close();
  });

  it('end when the app closes and not when it begins to drain, and the close waits for nothing else', async () => {
    scene = await Scene.start({}, { routes });
    const waiter = await opened('/docs/waiter');
    const stream = await opened('/docs/stream');
    scene.service.app.startDraining();
    expect((await scene.bystander.get('/healthz')).status).toBe(200);
    expect(begun.map(({ why }) => why)).toEqual([[], []]);
    await scene.service.app.close();
    expect((await waiter.ended()).answers[0]?.body).toBe('the end: drain');
    expect(waiter.answers[0]?.headers.connection).toBe('close');
    expect((await stream.ended()).received).toContain('the end: drain');
    for (const each of [waiter, stream]) each.close();
  });
});

describe('a wait', () => {
  it('behind which large answers are kept is cut first if they are more than 64 MiB in all', async () => {
    scene = await Scene.start({ maxRequestsPerConnection: 4 }, { routes });
    const waits: RawConnection[] = [];
    for (let count = 0; count < 4; count += 1) {
      const wait = await opened('/docs/waiter');
      wait.send(Array(3).fill(get('/docs/large')).join(''));
      await until(() => large === 3 * (count + 1));
      waits.push(wait);
    }
    await until(() => places().waiters === 2);
    expect(scene.service.app.limited.connections.slow_reader).toBe(2);
    expect(begun.map(({ why }) => why)).toEqual([['disconnected'], ['disconnected'], [], []]);
    begun[2]?.reply.send('done');
    const [, , third] = waits;
    await until(() => third?.answers.length === 4);
    expect(third?.answers.map(({ body }) => body.length)).toEqual([4, 8 * MIB, 8 * MIB, 8 * MIB]);
    for (const each of waits) each.close();
  });
});

describe('a stream', () => {
  it('is cut if a request comes behind it, whose answer could never be sent, and no place is lost', async () => {
    scene = await Scene.start({ maxRequestsPerClient: 2 }, { routes });
    for (let round = 0; round < 3; round += 1) {
      const stream = await opened('/docs/stream');
      stream.send(get('/docs/large').repeat(7));
      await stream.ended();
      await until(() => places().streams === 0);
      stream.close();
    }
    expect(large).toBe(0);
    expect(begun.map(({ why }) => why)).toEqual(Array(3).fill(['disconnected']));
    expect(scene.service.app.limited.connections.requests).toBe(3);
    await expectAllPlacesFree();
  });

  it('is cut when it begins if a request has come behind it, and no place is lost', async () => {
    scene = await Scene.start({ maxRequestsPerClient: 2 }, { routes });
    for (let round = 1; round <= 3; round += 1) {
      const held = Promise.withResolvers<void>();
      beforePlace = held.promise;
      const stream = await scene.open();
      stream.send(get('/docs/stream') + get('/docs/large'));
      await until(() => large === round);
      expect(stream.cut).toBe(false);
      held.resolve();
      await stream.ended();
      await until(() => begun.length === round && places().streams === 0);
      stream.close();
    }
    expect(begun.map(({ why }) => why)).toEqual(Array(3).fill(['disconnected']));
    await expectAllPlacesFree();
  });

  it('whose client has gone before it begins gives back its places', async () => {
    scene = await Scene.start({ maxRequestsPerClient: 2 }, { routes });
    for (let round = 1; round <= 3; round += 1) {
      const held = Promise.withResolvers<void>();
      beforePlace = held.promise;
      const stream = await scene.open();
      stream.send(get('/docs/stream'));
      await until(() => scene.attackers.some(({ running }) => running.size === 1));
      stream.close();
      await until(() => scene.attackers.length === 0);
      held.resolve();
      await until(() => begun.length === round && places().streams === 0);
    }
    expect(begun.map(({ why }) => why)).toEqual(Array(3).fill(['disconnected']));
    await expectAllPlacesFree();
  });

  it('whose reader always has something left to read is not cut while it reads on', async () => {
    scene = await Scene.start({ answerTimeoutSeconds: 3, minAnswerBytesPerSecond: 2 ** 30 }, { routes });
    const fast = await opened('/docs/stream');
    const stuck = await opened('/docs/stream');
    for (const { socket } of [fast, stuck]) socket.pause();
    const [first, second] = scene.attackers;
    for (const { reply } of begun) {
      const writeOn = (error?: Error | null) => void (error || reply.raw.write(PIECE, writeOn));
      for (let pieces = 0; pieces < 2; pieces += 1) writeOn();
    }
    const reading = setInterval(() => fast.socket.read(), 20);
    await until(() => second?.socket.destroyed === true);
    clearInterval(reading);
    expect(first?.socket.destroyed).toBe(false);
    expect(first?.socket.writableLength).toBeGreaterThan(0);
    expect(scene.service.app.limited.connections.slow_reader).toBe(1);
    for (const each of [fast, stuck]) each.close();
  });
});
