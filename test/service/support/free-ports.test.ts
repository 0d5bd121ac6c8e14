import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePorts } from '../../support/free-ports.ts';

it('free ports are distinct, can be listened on, and are outside the range that the system assigns', async () => {
  const ports = await freePorts(20);
  expect(new Set(ports).size).toBe(20);
  expect(ports.filter((port) => port < 20_000 || port >= 30_000)).toEqual([]);
  for (const port of ports) {
    const server = createServer();
    await once(server.listen(port, '127.0.0.1'), 'listening');
    await once(server.close(), 'close');
  }
});

it.runIf(process.platform === 'linux')(
  'a free port is returned once only, even if nothing listens on it',
  async () => {
    const ports: number[] = [];
    while (ports.length < 500) ports.push(...(await freePorts(20)));
    expect(new Set(ports).size).toBe(500);
  },
);
