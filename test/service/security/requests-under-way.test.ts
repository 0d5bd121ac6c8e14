import { afterEach, describe, expect, it } from 'vitest';
import { summary } from '../../support/security/answers.ts';
import type { RawConnection } from '../../support/security/raw.ts';
import { BODY, COUNT, Scene } from '../../support/security/scene.ts';
import { until } from '../../support/until.ts';

/** The limits of requests under way, and what happens to further requests. */
let scene: Scene;

afterEach(() => scene.stop());

const READ = `GET ${COUNT} HTTP/1.1\r\nHost: a\r\n\r\n`;
const FRESH_READ = `GET ${COUNT}&maxAge=0 HTTP/1.1\r\nHost: a\r\n\r\n`;
const WRITE = `POST ${COUNT} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n${BODY}`;
/** The maximum of bytes that the service takes from a connection that it stops reading: one read and its buffer. */
const MAX_READ = 200_000;
const DONE = '200 {"replicaCount":7}';

const patches = () => scene.demo.requests.count('patchScale');
const bytesRead = () => scene.attackers[0]?.socket.bytesRead ?? Number.NaN;
const answersOf = (connection: RawConnection) => connection.answers.map(summary);

/** Takes longer than the service would need to read everything that the attacker sent. */
async function othersAreServed(): Promise<void> {
  for (let count = 0; count < 5; count += 1)
    expect((await scene.bystander.count('shop', 'cart')).status).toBe(200);
}

describe('a connection', () => {
  it('with as many requests as it may have is not read until one of them is answered', async () => {
    scene = await Scene.start({ maxRequestsPerConnection: 3 });
    const release = scene.hold('get');
    const connection = await scene.open();
    connection.send(FRESH_READ.repeat(3));
    await until(() => scene.attackers[0]?.running.size === 3);
    connection.send(READ.repeat(4_000));
    await othersAreServed();
    expect(scene.attackers[0]?.running.size).toBe(3);
    expect(bytesRead()).toBeLessThan(MAX_READ);
    release();
    await until(() => connection.received.split('HTTP/1.1 ').length === 4_004);
    expect(new Set(answersOf(connection))).toEqual(new Set(['200 {"replicaCount":3}']));
    connection.close();
  });

  it('that is about to close is not read while its last answers are made', async () => {
    scene = await Scene.start();
    const release = scene.hold('patchScale');
    const connection = await scene.open();
    connection.send(WRITE);
    await until(() => patches() === 1);
    scene.service.app.recheckClients(({ subject }) => subject !== 'CN=client');
    connection.send(READ);
    await until(() => scene.attackers[0]?.socket.isPaused() === true);
    connection.send(READ.repeat(4_000));
    await othersAreServed();
    expect(bytesRead()).toBeLessThan(MAX_READ);
    release();
    expect(answersOf(await connection.ended())).toEqual([DONE]);
    connection.close();
  });

  it('whose last answer is being sent is cut if its client continues to send', async () => {
    scene = await Scene.start();
    const connection = await scene.open();
    await until(() => scene.attackers.length === 1);
    const [attacker] = scene.attackers;
    connection.socket.pause();
    attacker?.socket.end(Buffer.alloc(64 * 1024 * 1024));
    connection.send(READ.repeat(100_000));
    await until(() => attacker?.socket.destroyed === true);
    expect(attacker?.socket.bytesRead).toBeLessThan(3 * MAX_READ);
    connection.close();
  });
});

describe('a client', () => {
  it('with half of the requests that it may have is not read on any of its connections, and others are', async () => {
    scene = await Scene.start({ maxRequestsPerClient: 6 });
    const idle = await scene.open();
    await until(() => scene.attackers.length === 1);
    const [known] = scene.attackers;
    const release = scene.hold('patchScale');
    const busy = await Promise.all([scene.open(), scene.open(), scene.open()]);
    for (const connection of busy) connection.send(WRITE);
    await until(() => patches() === 3);
    const fresh = await scene.open();
    for (const connection of [idle, fresh]) connection.send(READ);
    await othersAreServed();
    expect(known?.running.size).toBe(0);
    expect([...idle.answers, ...fresh.answers]).toEqual([]);
    release();
    await until(() => idle.answers.length + fresh.answers.length === 2);
    expect(new Set([idle, fresh, ...busy].flatMap(answersOf))).toEqual(new Set([DONE]));
    for (const connection of [idle, fresh, ...busy]) connection.close();
  });

  it('is still read on a connection on which part of a request is missing', async () => {
    scene = await Scene.start({ maxRequestsPerClient: 4 });
    const release = scene.hold('patchScale');
    const slow = await scene.open();
    slow.send(WRITE.slice(0, -4));
    await until(() => scene.attackers[0]?.running.size === 1);
    const busy = await scene.open();
    busy.send(WRITE);
    await until(() => patches() === 1);
    slow.send(WRITE.slice(-4));
    await until(() => patches() === 2);
    release();
    await until(() => slow.answers.length + busy.answers.length === 2);
    for (const connection of [slow, busy]) connection.close();
  });

  it('that sends too many requests on a connection that cannot answer yet loses the connection, and they are not executed', async () => {
    scene = await Scene.start({ maxRequestsPerClient: 6 });
    const release = scene.hold('patchScale');
    const connection = await scene.open();
    connection.send(WRITE.repeat(50));
    await connection.ended();
    expect(connection.answers).toEqual([]);
    // The rest was not even parsed: the counter in the request id is still low.
    expect((await scene.bystander.get('/healthz')).headers['x-request-id']).toMatch(/-[1-9a-f]$/);
    await othersAreServed();
    release();
    expect(patches()).toBeLessThanOrEqual(6);
    expect(scene.service.app.limited.connections.requests).toBe(1);
    await servesThreeAtATime();
    connection.close();
  });

  it('that is refused repeatedly is read slowly, and others are read at full speed', async () => {
    scene = await Scene.start({ maxRequestsPerClient: 20 });
    const connection = await scene.open();
    connection.send('GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(4_000));
    const refusals = () => connection.received.split('HTTP/1.1 404').length - 1;
    await until(() => refusals() >= 100);
    await othersAreServed();
    // It gets 100 refusals per second, and one more per second for each of its places.
    const soFar = refusals();
    expect(soFar).toBeLessThan(2_000);
    await until(() => refusals() > soFar);
    connection.close();
  });

  it('that disconnects releases the places of its requests once they are done', async () => {
    scene = await Scene.start({ maxRequestsPerClient: 8 });
    const release = scene.hold('patchScale');
    const connection = await scene.open();
    connection.send(WRITE + READ + READ);
    await until(() => [...(scene.attackers[0]?.running.values() ?? [])][2]?.readyAt !== undefined);
    connection.close();
    await until(() => scene.attackers.length === 0);
    release();
    await servesThreeAtATime();
    // The audit line of the write still names the client.
    const [line] = scene.log.filter((each) => each.includes('"msg":"audit"'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ user: 'client', to: 7, statusCode: 200 });
  });

  it('that disconnects while it sends a write releases its place', async () => {
    scene = await Scene.start({ maxRequestsPerClient: 6 });
    for (let count = 0; count < 6; count += 1) {
      const connection = await scene.open();
      connection.send(WRITE.slice(0, -4));
      await until(() => scene.attackers[0]?.running.size === 1);
      connection.close();
      await until(() => scene.attackers.length === 0);
    }
    await servesThreeAtATime();
  });

  /** Shows that the client has its places again: without them it would lack answers. */
  async function servesThreeAtATime(): Promise<void> {
    await until(async () => {
      const connections = await Promise.all([scene.open(), scene.open(), scene.open()]);
      const before = patches();
      const release = scene.hold('patchScale');
      for (const connection of connections) connection.send(WRITE);
      await until(() => patches() === before + 3 || connections.some(({ answers }) => answers.length > 0));
      release();
      await until(() => connections.every(({ answers }) => answers.length === 1));
      const served = connections.every((connection) => answersOf(connection)[0] === DONE);
      for (const connection of connections) connection.close();
      return served;
    });
  }
});

describe('all clients together', () => {
  it('have a common limit, beyond which each request is refused with 503', async () => {
    scene = await Scene.start({ maxRequests: 2, maxRequestsPerClient: 2 });
    const release = scene.hold('patchScale');
    const connection = await scene.open();
    connection.send(WRITE.repeat(2));
    await until(() => patches() === 2);
    const answer = await scene.bystander.count('shop', 'cart');
    expect(answer).toMatchObject({
      status: 503,
      body: { code: 'OVERLOADED' },
      headers: { 'retry-after': '1' },
    });
    release();
    await until(async () => (await scene.bystander.count('shop', 'cart')).status === 200);
    connection.close();
  });
});
