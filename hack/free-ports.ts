import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that Linux and macOS give out by themselves, and below the NodePorts of Kubernetes. */
const RANGE = { from: 20_000, to: 30_000 };
const MAX_TRIES = 100;

/**
 * Ports of 127.0.0.1 on which nobody listens, each another one. Nobody gets one of them by chance either, as long as
 * the server that it is for is yet to start, or is down for a while.
 * @throws Error where there are none
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count; tries += 1) {
    if (tries === MAX_TRIES) throw new Error('no free port was found on 127.0.0.1');
    const port = randomInt(RANGE.from, RANGE.to);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch {
    return false;
  }
  await once(server.close(), 'close');
  return true;
}
