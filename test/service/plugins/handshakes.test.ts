import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { afterEach, expect, it } from 'vitest';
import { RawConnection } from '../../support/security/raw.ts';
import { COUNT, Scene } from '../../support/security/scene.ts';
import { until } from '../../support/until.ts';

const CROWD = 200;

let scene: Scene;
let sockets: Socket[];

async function start(handshakeTimeoutSeconds: number): Promise<void> {
  sockets = [];
  scene = await Scene.start({ handshakeTimeoutSeconds });
}

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await scene.stop();
});

/** A TCP connection that the service has accepted. */
async function open(localAddress = '127.0.0.1'): Promise<Socket> {
  const accepted = once(scene.service.app.server, 'connection');
  const socket = connect({ port: scene.service.port, host: '127.0.0.1', localAddress });
  sockets.push(socket.on('error', () => {}));
  await accepted;
  return socket;
}

/** The first bytes of a client handshake. */
async function clientHello(): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const wire = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      resolve(chunk);
      done();
    },
  });
  const client = connectTls({ socket: wire, servername: 'localhost' });
  const hello = await promise;
  client.on('error', () => {}).destroy();
  return hello;
}

it('a socket that sends nothing is closed before its handshake begins', async () => {
  await start(1);
  const socket = await open();
  socket.resume();
  await once(socket, 'close');
  const reasons = scene.log.filter((line) => line.includes('refused a TLS handshake'));
  expect(reasons).toEqual([expect.stringContaining('nothing was sent')]);
});

it('a handshake that has begun has its own time limit', async () => {
  await start(1);
  const beginning = (await clientHello()).subarray(0, 100);
  const socket = await open();
  socket.resume();
  socket.write(beginning);
  await once(socket, 'close');
  expect(scene.log.filter((line) => line.includes('ERR_TLS_HANDSHAKE_TIMEOUT'))).toHaveLength(1);
});

it('a socket that closes without sending anything leaves no log line', async () => {
  await start(60);
  const socket = await open();
  socket.end();
  socket.resume();
  await once(socket, 'close');
  expect(scene.log.filter((line) => line.includes('refused a TLS handshake'))).toEqual([]);
});

it('a client that waits before its handshake is served', async () => {
  await start(60);
  const socket = await open();
  const connection = await RawConnection.open({ ...scene.attacker, socket });
  connection.send(`GET ${COUNT} HTTP/1.1\r\nHost: a\r\n\r\n`);
  await until(() => connection.answers.length === 1);
  connection.close();
});

// Only on Linux can a client choose among several loopback addresses.
it.runIf(process.platform === 'linux')(
  'many clients at one address do not delay a client at another address',
  async () => {
    await start(60);
    const hello = await clientHello();
    const answered: Socket[] = [];
    for (let left = CROWD; left > 0; left -= 1) await open('127.0.0.1');
    const other = await open('127.0.0.2');
    // When the service reads next, all bytes have arrived, and those of the other address came last.
    for (const socket of sockets) {
      socket.once('data', () => void answered.push(socket));
      socket.write(hello);
    }
    await until(() => answered.length === CROWD + 1);
    expect(answered.indexOf(other)).toBeLessThan(CROWD / 2);
  },
);
