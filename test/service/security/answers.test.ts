import type { FastifyInstance, FastifyReply } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { PIECE_BYTES } from '../../../src/lib/piecewise-body.ts';
import type { ClientConnection } from '../../../src/tls/client-connection.ts';
import type { RawConnection } from '../../support/security/raw.ts';
import { COUNT, Scene } from '../../support/security/scene.ts';
import { until } from '../../support/until.ts';

/** The cost of answers that are not read, and when they end. */
let scene: Scene;

afterEach(() => scene.stop());

const MIB = 1024 * 1024;
const get = (path: string, method = 'GET') => `${method} ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const OPEN = { config: { rights: 'none' } } as const;
const SHARED = Buffer.alloc(8 * MIB, 'shared ');
/** Answers of the long-lived route, which tests write to. */
let streams: FastifyReply['raw'][] = [];

function routes(app: FastifyInstance): void {
  app.get('/docs/shared', OPEN, (_request, reply) => reply.type('text/plain').send(SHARED));
  app.get('/docs/own', OPEN, (_request, reply) =>
    reply.type('text/plain').send(Buffer.alloc(8 * MIB, 'own ')),
  );
  app.get('/docs/waited', OPEN, (request, reply) => {
    request.takeLongLivedPlace('waiter');
    request.beginLongLived(() => {});
    reply.type('text/plain').send(Buffer.alloc(8 * MIB, 'waited '));
  });
  app.get('/docs/stream', OPEN, (request, reply) => {
    request.takeLongLivedPlace('stream');
    request.beginLongLived(() => {});
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/plain' });
    reply.raw.flushHeaders();
    streams.push(reply.raw);
  });
}

/** A connection that sends a request and reads nothing, and its counterpart in the service. */
async function unread(path: string): Promise<{ connection: RawConnection; known: ClientConnection }> {
  const connection = await scene.open();
  connection.socket.pause();
  const { localPort } = connection.socket;
  const find = () => scene.attackers.find(({ socket }) => socket.remotePort === localPort);
  connection.send(get(path));
  await until(() => [...(find()?.running.values() ?? [])][0]?.readyAt !== undefined);
  const known = find();
  if (known === undefined) throw new Error('the connection is closed');
  return { connection, known };
}

describe('a large answer', () => {
  it('that is not read takes the memory of only a few pieces per connection', async () => {
    scene = await Scene.start({}, { routes });
    const { connection, known } = await unread('/docs/shared');
    await until(() => known.socket.writableLength > 0);
    expect(known.socket.writableLength).toBeLessThanOrEqual(3 * PIECE_BYTES);
    connection.close();
  });

  it('arrives completely, however it is read, and in the order of the requests', async () => {
    scene = await Scene.start({}, { routes });
    const connection = await scene.open();
    connection.send(
      get(COUNT) + get('/docs/shared') + get('/docs/own') + get('/docs/shared', 'HEAD') + get(COUNT),
    );
    const count = '{"replicaCount":3}';
    await until(() => connection.received.endsWith(count) && connection.received.length > 16 * MIB);
    const bodies = connection.received.split(/HTTP\/1\.1 200 OK\r\n[\s\S]*?\r\n\r\n/).slice(1);
    const expected = [count, SHARED.toString(), Buffer.alloc(8 * MIB, 'own ').toString(), '', count];
    expect(bodies.map((body, index) => body === expected[index])).toEqual(Array(5).fill(true));
    expect(connection.received.match(/content-length: 8388608/g)).toHaveLength(3);
    connection.close();
  });

  it('that is not read in time is cut, even if its client reads a little now and then', async () => {
    scene = await Scene.start({ answerTimeoutSeconds: 4 }, { routes });
    const { connection } = await unread('/docs/shared');
    const sip = setInterval(() => connection.socket.read(512), 50);
    await until(() => scene.attackers.length === 0);
    clearInterval(sip);
    expect(scene.service.app.limited.connections.slow_reader).toBe(1);
    connection.close();
  });
});

describe('many large answers that are not read', () => {
  it('cost no additional memory if they are the same', async () => {
    scene = await Scene.start({}, { routes });
    const open = [];
    for (let count = 0; count < 20; count += 1) open.push(await unread('/docs/shared'));
    expect(scene.service.app.limited.connections.slow_reader).toBe(0);
    expect(scene.attackers).toHaveLength(20);
    for (const { connection } of open) connection.close();
  });

  it.each([
    ['', '/docs/own'],
    [', also of waits and batches', '/docs/waited'],
  ])('take at most 64 MiB if they differ%s: those that began first are cut', async (_, path) => {
    scene = await Scene.start({}, { routes });
    const open = [];
    for (let count = 0; count < 12; count += 1) {
      const one = await unread(path);
      // That of a wait is ready to be sent before it has an answer.
      await until(() => one.known.socket.writableLength > 0);
      open.push(one);
    }
    expect(open.map(({ known }) => known.socket.destroyed)).toEqual([
      ...Array(4).fill(true),
      ...Array(8).fill(false),
    ]);
    for (const { connection } of open) connection.close();
    await until(() => scene.attackers.length === 0);
    const again = [];
    for (let count = 0; count < 8; count += 1) again.push(await unread(path));
    expect(scene.service.app.limited.connections.slow_reader).toBe(4);
    for (const { connection } of again) connection.close();
  });
});

describe('a long-lived answer', () => {
  it('takes no place among the requests, and has no timeout while there is nothing to send', async () => {
    streams = [];
    scene = await Scene.start(
      { maxRequestsPerClient: 1, answerTimeoutSeconds: 4, idleTimeoutSeconds: 4 },
      { routes },
    );
    const stream = await scene.open();
    stream.send(get('/docs/stream'));
    await until(() => stream.received.includes('\r\n\r\n'));
    const { connection } = await unread('/docs/shared');
    const idle = await scene.open();
    await idle.ended();
    await until(() => scene.attackers.length === 1);
    for (const answer of streams) answer.end('the end');
    await until(() => stream.received.includes('the end') && scene.service.app.longLived.streams === 0);
    stream.send(get(COUNT));
    await until(() => stream.received.endsWith('{"replicaCount":3}'));
    for (const each of [stream, connection, idle]) each.close();
  });

  it('that is not read is cut like any other', async () => {
    streams = [];
    scene = await Scene.start({ answerTimeoutSeconds: 4 }, { routes });
    const stream = await scene.open();
    stream.send(get('/docs/stream'));
    await until(() => stream.received.includes('\r\n\r\n'));
    stream.socket.pause();
    for (const answer of streams) answer.write(SHARED);
    await until(() => scene.attackers.length === 0);
    expect(scene.service.app.limited.connections.slow_reader).toBe(1);
    stream.close();
  });
});

describe('a service that is short of memory', () => {
  it('refuses new requests and cuts slow readers', async () => {
    scene = await Scene.start({ maxMemoryBytes: MIB });
    await until(async () => (await scene.bystander.get('/healthz')).status === 503);
    expect(await scene.bystander.scale('default', 'my-deployment', 9)).toMatchObject({
      status: 503,
      body: { code: 'OVERLOADED' },
      headers: { 'retry-after': '1' },
    });
    expect(scene.demo.requests.count('patchScale')).toBe(0);
    await until(() => scene.log.some((line) => line.includes('memory is short')));
  });
});
