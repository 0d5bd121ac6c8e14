import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LISTENERS } from '../../../plugins/listeners.ts';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { logTo } from '../../support/log-to.ts';
import { RawConnection, type RawTarget } from '../../support/security/raw.ts';
import { TestService } from '../../support/service.ts';
import { until } from '../../support/until.ts';

const CONNECTIONS = 64;

let demo: FakeApiServer;
let service: TestService;
let lines: string[];

beforeEach(async () => {
  lines = [];
  demo = await FakeApiServer.start();
  service = await TestService.start({
    kubeconfig: demo.kubeconfig,
    logStream: logTo((line) => void lines.push(line)),
  });
  await service.synced();
});
afterEach(async () => {
  await service.stop();
  await demo.stop();
});

async function target(): Promise<RawTarget> {
  const { cert, key } = await service.authority.issue({ commonName: 'many', usages: ['clientAuth'] });
  return { port: service.port, ca: service.authority.cert, cert, key };
}

it('listeners: one turn of the event loop accepts one connection per listener', async () => {
  let accepted = 0;
  let most = 0;
  service.app.server.on('connection', () => {
    accepted += 1;
  });
  // The kernel completes all connections in this turn. They then wait for the service.
  const sockets = Array.from({ length: CONNECTIONS }, () => connect(service.port, '127.0.0.1'));
  while (accepted < CONNECTIONS) {
    const before = accepted;
    await nextTurn();
    most = Math.max(most, accepted - before);
  }
  expect(most).toBeLessThanOrEqual(LISTENERS);
  // Linux distributes connections at random, so it is very unlikely that one listener gets all of them.
  expect(most > 1).toBe(LISTENERS > 1);
  for (const socket of sockets) socket.destroy();
});

/** The number of connections of the first listener, for which closing the app waits in any case. */
const ownConnections = promisify((callback: (error: Error | null, count: number) => void) =>
  service.app.server.getConnections(callback),
);

it('listeners: a close of the app waits for the running answers of all of them, and then nothing listens', async () => {
  const to = await target();
  const connections: RawConnection[] = [];
  while (connections.length < LISTENERS) {
    const connection = await RawConnection.open(to);
    if (LISTENERS === 1 || (await ownConnections()) === 0) connections.push(connection);
    else {
      connection.close();
      await until(async () => (await ownConnections()) === 0);
    }
  }
  const { headers } = await service.count('shop', 'cart');
  const next = Number(headers['x-resource-version']) + 1;
  const path = `/replica-count?namespace=shop&deployment=cart&minResourceVersion=${next}`;
  for (const connection of connections) connection.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  const running = () => [...service.app.clientConnections.values()].filter((line) => line.running.size > 0);
  await until(() => running().length === connections.length);

  const closing = service.app.close();
  demo.deployments.scale('shop', 'cart', 9);
  await Promise.all(connections.map((connection) => connection.ended()));
  await closing;
  expect(connections.map(({ answers }) => answers.map(({ status }) => status))).toEqual(
    connections.map(() => [200]),
  );
  const late = connect(to.port, '127.0.0.1');
  await expect(once(late, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

it('listeners: an error of one is logged and does not end the process', async () => {
  service.app.server.emit('error', new Error('accept ENFILE'));
  await until(() => lines.some((line) => line.includes('a listener failed') && line.includes('ENFILE')));
  expect((await service.count('shop', 'cart')).status).toBe(200);
});
