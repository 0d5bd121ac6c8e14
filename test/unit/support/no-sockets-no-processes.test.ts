import childProcess, {
  ChildProcess,
  exec,
  execFile,
  execFileSync,
  execSync,
  fork,
  spawn,
  spawnSync,
} from 'node:child_process';
import { createSocket } from 'node:dgram';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import Fastify from 'fastify';
import { Agent } from 'undici';
import { describe, expect, it } from 'vitest';

const REFUSAL = /a unit test opens no socket and starts no process; move it to test\/service/;
const URL = 'http://127.0.0.1:8443';

function udp(use: (socket: ReturnType<typeof createSocket>) => unknown): void {
  const socket = createSocket('udp4');
  try {
    use(socket);
  } finally {
    socket.close();
  }
}

const REFUSED: Readonly<Record<string, () => unknown>> = {
  'a TCP connection': () => connect(9, '127.0.0.1'),
  'a TCP connection of a socket': () => new Socket().connect(9),
  'a TLS connection': () => connectTls(9, '127.0.0.1'),
  'a TCP server': () => createServer().listen(0),
  'an HTTP server': () => createHttpServer().listen(0),
  'a UDP socket that binds': () => udp((socket) => socket.bind(0)),
  'a UDP socket that connects': () => udp((socket) => socket.connect(9)),
  'a UDP socket that sends': () => udp((socket) => socket.send('', 9)),
  spawn: () => spawn('true'),
  spawnSync: () => spawnSync('true'),
  exec: () => exec('true'),
  execSync: () => execSync('true'),
  execFile: () => execFile('true'),
  execFileSync: () => execFileSync('true'),
  fork: () => fork('true'),
  'spawn of the default export': () => childProcess.spawn('true'),
  'spawn of a ChildProcess': () => Reflect.apply(Reflect.get(ChildProcess.prototype, 'spawn'), {}, [{}]),
};

describe('the unit project', () => {
  it.each(Object.entries(REFUSED))('refuses %s', (_, action) => {
    expect(action).toThrow(REFUSAL);
  });

  it.each([
    ['fetch', () => fetch(URL)],
    ['undici', () => new Agent().request({ origin: URL, path: '/', method: 'GET' })],
    ['a fastify server that listens', () => Fastify().listen({ port: 0 })],
  ])('refuses %s', async (_, action) => {
    const error = await action().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    const cause = error instanceof TypeError ? error.cause : error;
    expect(String(cause)).toMatch(REFUSAL);
  });

  it('lets fastify answer an injected request', async () => {
    const app = Fastify();
    app.get('/', () => 'yes');
    expect((await app.inject('/')).body).toBe('yes');
  });
});
