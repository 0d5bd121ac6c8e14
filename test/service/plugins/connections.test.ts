import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Limits } from '../../../src/config/limits.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import type { IssuedCertificate } from '../../support/issue-certificate.ts';
import { TestService } from '../../support/service.ts';
import { until } from '../../support/until.ts';

let demo: FakeApiServer;
let service: TestService;

beforeEach(async () => {
  demo = await FakeApiServer.start();
});
afterEach(async () => {
  await service.stop();
  await demo.stop();
});

async function start(limits: Partial<Limits> = {}): Promise<void> {
  service = await (await TestService.start({ kubeconfig: demo.kubeconfig, limits })).synced();
}

interface Line {
  readonly socket: TLSSocket;
  readonly received: () => string;
}

async function open({ cert, key }: IssuedCertificate): Promise<Line> {
  const socket = connect({ host: 'localhost', port: service.port, ca: service.authority.cert, cert, key });
  onTestFinished(() => {
    socket.destroy();
  });
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  return { socket, received: () => text };
}

const closed = async ({ socket }: Line) => {
  if (!socket.closed) await once(socket, 'close');
};
const READ = 'GET /replica-count?namespace=shop&deployment=cart HTTP/1.1\r\nHost: localhost\r\n\r\n';
const BODY = '{"replicas":6}';
const WRITE = `POST /replica-count?namespace=shop&deployment=cart HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;

async function read(line: Line): Promise<void> {
  const before = line.received().length;
  line.socket.write(READ);
  await until(() => line.received().slice(before).includes('replicaCount'));
}

describe('connections of clients', () => {
  it('are limited per client, and another client is not affected', async () => {
    await start({ maxConnectionsPerClient: 3 });
    const greedy = await service.authority.issue({ commonName: 'greedy', usages: ['clientAuth'] });
    const lines = [await open(greedy), await open(greedy), await open(greedy)];
    for (const line of lines) await read(line);
    await closed(await open(greedy));
    const other = await open(service.client);
    await read(other);
    lines[0]?.socket.destroy();
    // The place of an ended connection is free again.
    await until(async () => {
      const line = await open(greedy);
      line.socket.write(READ);
      await Promise.race([once(line.socket, 'data'), once(line.socket, 'close')]);
      return line.received() !== '';
    });
  });

  it('are limited in total', async () => {
    await start({ maxConnections: 2 });
    const first = await open(service.client);
    const second = await open(service.client);
    await read(first);
    await read(second);
    await closed(await open(await service.authority.issue({ commonName: 'other', usages: ['clientAuth'] })));
    await read(first);
    second.socket.destroy();
    // The place of an ended connection is free again.
    await until(async () => {
      const line = await open(service.client);
      line.socket.write(READ);
      await Promise.race([once(line.socket, 'data'), once(line.socket, 'close')]);
      return line.received() !== '';
    });
  });

  it('are closed after their next answer once they are too old', async () => {
    await start({ maxConnectionAgeSeconds: 0 });
    const line = await open(service.client);
    line.socket.write(READ);
    await closed(line);
    expect(line.received()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(line.received()).toMatch(/\r\nconnection: close\r\n/i);
  });
});

describe('sockets without a handshake', () => {
  const strange = async (localAddress: string): Promise<Socket> => {
    const socket = connectTcp({ port: service.port, host: '127.0.0.1', localAddress });
    socket.on('error', () => {}).resume();
    onTestFinished(() => {
      socket.destroy();
    });
    await once(socket, 'connect');
    return socket;
  };
  const isCut = (socket: Socket) => socket.closed;

  it('have separate places, per address and in total, and the oldest is closed for a new one', async () => {
    await start({ maxHandshakes: 5, maxHandshakesPerAddress: 3 });
    const sameAddress: Socket[] = [];
    for (let index = 0; index < 4; index += 1) sameAddress.push(await strange('127.0.0.2'));
    await until(() => sameAddress.some(isCut));
    expect(sameAddress.map(isCut)).toEqual([true, false, false, false]);
    const others = [await strange('127.0.0.3'), await strange('127.0.0.3'), await strange('127.0.0.4')];
    await until(() => sameAddress.filter(isCut).length === 2);
    expect([...sameAddress, ...others].map(isCut)).toEqual([true, true, ...Array(5).fill(false)]);
    expect(service.app.limited.connections.handshakes).toBe(2);
    await read(await open(service.client));
  });

  it('share no places with clients that have a certificate', async () => {
    await start({ maxConnections: 2, maxHandshakes: 3 });
    const first = await open(service.client);
    for (let index = 0; index < 10; index += 1) await strange('127.0.0.1');
    await read(first);
    await read(await open(service.client));
    expect(service.app.clientConnections.size).toBe(2);
    await until(() => service.app.limited.connections.handshakes === 8);
  });
});

describe('a change of trust', () => {
  const passesOnly = (name: string) => (certificate: { subject: string }) =>
    certificate.subject.includes(name);

  it('closes only the idle connections of clients that are no longer accepted', async () => {
    await start();
    const revoked = await service.authority.issue({ commonName: 'revoked', usages: ['clientAuth'] });
    const bad = await open(revoked);
    const unused = await open(revoked);
    const good = await open(service.client);
    await read(bad);
    await read(good);
    service.app.recheckClients(passesOnly('CN=client'));
    await Promise.all([closed(bad), closed(unused)]);
    await read(good);
    expect(good.socket.closed).toBe(false);
  });

  it('lets a running request finish before it closes the connection', async () => {
    await start();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    demo.faults.add({ on: 'patchScale', fault: { type: 'call', action: () => held } });
    const line = await open(service.client);
    line.socket.write(WRITE);
    await until(() => demo.requests.count('patchScale') === 1);
    service.app.recheckClients(() => false);
    expect(line.socket.closed).toBe(false);
    release();
    await closed(line);
    expect(line.received()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(line.received()).toContain('{"replicaCount":6}');
  });
});
