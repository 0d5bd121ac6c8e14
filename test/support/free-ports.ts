import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ListenOptions, type Server } from 'node:net';

/** These are below the ports that Linux and macOS assign automatically, and below the NodePorts of Kubernetes. */
const RANGE = { from: 20_000, to: 30_000 };
const MAX_TRIES = 100;

/**
 * Distinct free ports of 127.0.0.1. No other process gets one of them by chance before its server starts, or while that
 * is down: the system does not assign ports of this range by itself, and on Linux this function gives a port to a single
 * running process.
 * @throws Error if too few ports are free
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count; tries += 1) {
    if (tries === MAX_TRIES) throw new Error('no free port was found on 127.0.0.1');
    const port = randomInt(RANGE.from, RANGE.to);
    if ((await reserve(port)) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

/** Reserves the port for the life of this process by an abstract socket with its name, which leaves no file behind. */
async function reserve(port: number): Promise<boolean> {
  return process.platform !== 'linux' || listens(createServer().unref(), `\0port ${port} of 127.0.0.1`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  if (!(await listens(server, { port, host: '127.0.0.1' }))) return false;
  await once(server.close(), 'close');
  return true;
}

async function listens(server: Server, place: string | ListenOptions): Promise<boolean> {
  try {
    await once(server.listen(place), 'listening');
    return true;
  } catch {
    return false;
  }
}
