import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SocketPlaces } from '../../../src/lib/socket-places.ts';
import { until } from '../../support/until.ts';

let server: Server;
let clients: Socket[];

beforeEach(async () => {
  clients = [];
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  server.close();
  await once(server, 'close');
});

/** The server side of a new connection. With an address, the socket reports that as its remote address. */
async function accepted(remoteAddress?: string): Promise<Socket> {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server does not listen');
  clients.push(connect(address.port, '127.0.0.1'));
  const [socket]: Socket[] = await once(server, 'connection');
  if (socket === undefined) throw new Error('no connection');
  if (remoteAddress !== undefined) Object.defineProperty(socket, 'remoteAddress', { value: remoteAddress });
  return socket;
}

async function placed(places: SocketPlaces, ...addresses: (string | undefined)[]): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (const address of addresses) {
    const socket = await accepted(address);
    places.add(socket);
    sockets.push(socket);
  }
  return sockets;
}

const destroyed = (sockets: readonly Socket[]) => sockets.map((socket) => socket.destroyed);

describe('a full set of sockets', () => {
  it('destroys the oldest socket for a new one, and counts it', async () => {
    const places = new SocketPlaces(2);
    const sockets = await placed(places, undefined, undefined, undefined);
    expect(destroyed(sockets)).toEqual([true, false, false]);
    expect(places).toMatchObject({ size: 2, evicted: 1 });
    await until(() => clients[0]?.destroyed === true);
  });

  it('destroys the oldest socket of an address that uses all its places, even if others are older', async () => {
    const places = new SocketPlaces(4, 2);
    const sockets = await placed(places, '192.0.2.1', '192.0.2.2', '192.0.2.2', '192.0.2.2');
    expect(destroyed(sockets)).toEqual([false, true, false, false]);
    expect(places).toMatchObject({ size: 3, evicted: 1 });
  });

  it('destroys the oldest socket of all if no address uses all its places', async () => {
    const places = new SocketPlaces(2, 2);
    const sockets = await placed(places, '192.0.2.1', '192.0.2.2', '192.0.2.3');
    expect(destroyed(sockets)).toEqual([true, false, false]);
    expect(places).toMatchObject({ size: 2, evicted: 1 });
  });

  it('has room again, in total and for the address, once a socket is removed', async () => {
    const places = new SocketPlaces(2, 1);
    const [first] = await placed(places, '192.0.2.1');
    if (first === undefined) throw new Error('no socket');
    places.remove(first);
    places.remove(first);
    const sockets = await placed(places, '192.0.2.1', '192.0.2.2');
    expect(destroyed([first, ...sockets])).toEqual([false, false, false]);
    expect(places).toMatchObject({ size: 2, evicted: 0 });
  });

  it('accepts one socket after another if it has a single place', async () => {
    const places = new SocketPlaces(1);
    expect(destroyed(await placed(places, '192.0.2.1', '192.0.2.1', '192.0.2.2'))).toEqual([
      true,
      true,
      false,
    ]);
    expect(places).toMatchObject({ size: 1, evicted: 2 });
  });
});

describe('the address of a socket', () => {
  it.each([
    ['192.0.2.1', '::ffff:192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::2'],
    ['2001:db8::1', '2001:db8::2:0:0:1'],
    ['2001:db8:0:0:1:2:3:4', '2001:db8::5'],
    ['::1', '::2'],
    ['fe80::1%eth0', 'fe80::2%eth0'],
  ])('%s counts as the same as %s', async (one, other) => {
    expect(destroyed(await placed(new SocketPlaces(9, 1), one, other))).toEqual([true, false]);
  });

  it.each([
    ['192.0.2.1', '192.0.2.2'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.2'],
    ['2001:db8:1:2::1', '2001:db8:1:3::1'],
    ['2001:db8::1', '2001:db8:0:1::1'],
    ['::1', '1::1'],
    ['::ffff:192.0.2.1', '::1'],
  ])('%s does not count as the same as %s', async (one, other) => {
    expect(destroyed(await placed(new SocketPlaces(9, 1), one, other))).toEqual([false, false]);
  });
});
