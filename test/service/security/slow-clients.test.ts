import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { summary } from '../../support/security/answers.ts';
import type { RawConnection } from '../../support/security/raw.ts';
import { COUNT, Scene } from '../../support/security/scene.ts';
import type { Answer } from '../../support/test-client.ts';
import { undisturbed } from '../../support/undisturbed.ts';
import { until } from '../../support/until.ts';

/** Slow clients, with a limit of one second for all that they may do slowly. Node checks the limits once a second. */
let scene: Scene;
const limits = {
  headersTimeoutSeconds: 1,
  requestTimeoutSeconds: 1,
  idleTimeoutSeconds: 1,
  keepAliveTimeoutSeconds: 1,
};

/** In a longer pause between a handshake and the first request even a quick client could be cut. */
const PAUSE_MS = 500;

/** A read of the bystander, which makes a new connection: idle ones are closed after a second. */
function read(path: string): Promise<Answer> {
  return undisturbed(PAUSE_MS, () => scene.bystander.get(path));
}

beforeAll(async () => {
  scene = await Scene.start(limits, { deployments: 5_000 });
});
afterAll(async () => {
  expect(await read('/healthz')).toMatchObject({ status: 200 });
  expect(scene.demo.requests.count('patchScale')).toBe(0);
  expect(scene.log.filter((line) => /"level":"(?:error|fatal)"|"statusCode":5\d\d/.test(line))).toEqual([]);
  await scene.stop();
});

const HEAD = `POST ${COUNT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;

/** Sends the beginning, then a piece every 100 ms, until the service cuts the connection. */
async function drip(connection: RawConnection, beginning: string, piece: string): Promise<string[]> {
  connection.send(beginning);
  const timer = setInterval(() => connection.send(piece), 100);
  await connection.ended();
  clearInterval(timer);
  connection.close();
  return connection.answers.map(summary);
}

describe.concurrent('a client that never finishes is cut', () => {
  const tooLate = '408 REQUEST_TIMEOUT';
  it.each([
    ['its request line', 'GET /healthz?x=', 'y', [tooLate]],
    ['its headers', 'GET /healthz HTTP/1.1\r\nHost: a\r\n', 'X: y\r\n', [tooLate]],
    ['its body', `${HEAD}Content-Length: 1000\r\n\r\n`, ' ', [tooLate]],
    ['its chunks', `${HEAD}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n \r\n', [tooLate]],
    ['a chunk extension', `${HEAD}Transfer-Encoding: chunked\r\n\r\n1;`, 'x', [tooLate]],
    ['its trailers', `${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n`, 'X: y\r\n', [tooLate]],
    ['empty lines before its request', '', '\r\n', [tooLate]],
    [
      'the body of a request that is refused',
      'POST /nope HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n',
      ' ',
      ['404 ROUTE_NOT_FOUND'],
    ],
    [
      'the body of a read',
      'GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n',
      ' ',
      ['200 {"status":"OK"}'],
    ],
  ])('while it sends %s', (_title, beginning, piece, expected) =>
    undisturbed(PAUSE_MS, async () => {
      expect(await drip(await scene.open(), beginning, piece)).toEqual(expected);
    }),
  );

  it.each([
    ['nothing', ''],
    ['half a request line', 'GET /hea'],
    ['half of its headers', 'GET /healthz HTTP/1.1\r\nHost:'],
    ['half of a body', `${HEAD}Content-Length: 14\r\n\r\n{"repl`],
  ])('after it has sent %s and no more', async (_title, bytes) => {
    const connection = await scene.open();
    await connection.send(bytes).ended();
    expect(connection.answers.map(summary)).not.toContain(expect.stringMatching(/^200/));
    connection.close();
  });

  it('after an answer if it sends no further request', () =>
    undisturbed(PAUSE_MS, async () => {
      const connection = await scene.open();
      await connection.send('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n').ended();
      connection.close();
      expect(connection.answers.map(summary)).toEqual(['200 {"status":"OK"}']);
    }));
});

describe.concurrent('a client that never finishes its TLS handshake is cut', () => {
  let hasty: Scene;
  beforeAll(async () => {
    hasty = await Scene.start({ handshakeTimeoutSeconds: 1 });
  });
  afterAll(async () => {
    await undisturbed(PAUSE_MS, () => hasty.expectUnharmed());
    await hasty.stop();
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['its first bytes', Buffer.from('16030100f8010000f40303', 'hex')],
    ['the header of a record of 16 KiB', Buffer.from('1603014000010040', 'hex')],
  ])('after it has sent %s', async (_title, bytes) => {
    const socket: Socket = connect(hasty.service.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume().write(bytes);
    await new Promise((resolve) => socket.once('close', resolve));
  });
});

it('a client that never reads its answers is cut, whatever it requested', async () => {
  const accepted = scene.accepted();
  const connection = await scene.open();
  connection.socket.pause();
  connection.send('GET /deployments HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(200));
  await until(async () => {
    expect((await read('/healthz')).status).toBe(200);
    return accepted[0]?.destroyed === true;
  });
  connection.close();
});

it('a hundred simultaneous slow clients do not slow down other clients', () =>
  undisturbed(PAUSE_MS, async () => {
    const dripping: Promise<string[]>[] = [];
    // Connect a few at a time: during a hundred handshakes the first clients could idle for longer than a second.
    const openSome = async () => {
      for (let left = 20; left > 0; left -= 1)
        dripping.push(drip(await scene.open(), 'GET /healthz HTTP/1.1\r\n', 'X: y\r\n'));
    };
    await Promise.all(Array.from({ length: 5 }, openSome));
    let done = false;
    const all = Promise.all(dripping).then((answers) => {
      done = true;
      return answers;
    });
    let served = 0;
    await until(async () => {
      expect((await scene.bystander.get('/deployments?namespace=team-0001')).status).toBe(200);
      if (!done) served += 1;
      return done;
    });
    expect(await all).toEqual(Array(100).fill(['408 REQUEST_TIMEOUT']));
    // A read that had to wait for the slow clients ends after them.
    expect(served).toBeGreaterThan(0);
  }));
