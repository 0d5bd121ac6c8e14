import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { logListenerErrors } from '../src/lib/listener-errors.ts';
import { throttled } from '../src/lib/throttled.ts';

interface Address {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Listens, instead of `listen`, and accepts connections faster.
     * @throws the error of the system, where the address cannot be had
     */
    listenAt(address: Address): Promise<void>;
  }
}

/**
 * Node accepts one connection of each listener in a turn of the event loop: while turns are long, a single one would keep
 * new clients waiting in a line that the others fill. With 16, 2,500 sockets at once kept one waiting for 10 s now and
 * then; with 32 none. Only Linux shares a port out among listeners.
 */
export const LISTENERS = process.platform === 'linux' ? 32 : 1;

/** Listens on one port with several listeners, so that one turn of the event loop accepts several connections. */
export default fastifyPlugin(
  function listenersPlugin(app: FastifyInstance, _options, done) {
    /** All but that of the app itself. */
    const others: Server[] = [];
    const failed = throttled((line) => app.log.error(line, 'a listener failed'));
    logListenerErrors(app.server, failed);
    /** Resolves once nothing else is going to listen. */
    let started: Promise<unknown> = Promise.resolve();

    async function listen({ host, port }: Address): Promise<void> {
      // Where ports are shared the system would let a second instance of the service listen beside this one.
      if (LISTENERS > 1) await close(await listening(createServer(), { host, port }));
      const options = { host, port, reusePort: LISTENERS > 1 };
      await app.listen(options);
      const address = app.server.address();
      if (address === null || typeof address === 'string') return;
      while (others.length < LISTENERS - 1) {
        const server = createServer({ noDelay: true }, (socket) => app.server.emit('connection', socket));
        logListenerErrors(server, failed);
        others.push(await listening(server, { host: address.address, port: address.port, reusePort: true }));
      }
    }

    app.decorate('listenAt', (address) => {
      const listens = listen(address);
      started = listens.catch(() => {}); // its caller is told
      return listens;
    });
    // Its end is that of their connections; the clusters, which running requests need, are closed after it.
    app.addHook('preClose', async () => {
      await started;
      await Promise.all(others.map(close));
    });
    done();
  },
  { name: 'listeners', dependencies: ['drain'], fastify: '5.x' },
);

async function listening(server: Server, options: Address & { reusePort?: boolean }): Promise<Server> {
  await once(server.listen(options), 'listening');
  return server;
}

/** Resolves once no connection of it is left. */
async function close(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
