import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { logListenerErrors } from '../src/lib/listener-errors.ts';
import { throttled } from '../src/lib/throttled.ts';

interface Address {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Use it instead of `listen`: it accepts connections faster.
     * @throws the error of the operating system if it cannot listen at the address
     */
    listenAt(address: Address): Promise<void>;
  }
}

/**
 * Node accepts one connection per listener and turn of the event loop. While turns are long, new clients would wait for
 * a single listener behind all earlier ones. With 16 listeners, 2,500 simultaneous sockets made a client wait for 10 s
 * now and then; with 32, none waited that long. Only Linux distributes the connections of a port among several
 * listeners.
 */
export const LISTENERS = process.platform === 'linux' ? 32 : 1;

/** Listens on one port with several listeners, so that one turn of the event loop accepts several connections. */
export default fastifyPlugin(
  function listenersPlugin(app: FastifyInstance, _options, done) {
    /** All listeners except the one of the app itself. */
    const others: Server[] = [];
    const failed = throttled((line) => app.log.error(line, 'a listener failed'));
    logListenerErrors(app.server, failed);
    /** Resolves once all listeners have been started, or one has failed. */
    let started: Promise<unknown> = Promise.resolve();

    async function listen({ host, port }: Address): Promise<void> {
      // With shared ports the system would let a second instance of the service listen on the same port. Listening
      // without sharing first finds that out.
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
      started = listens.catch(() => {}); // the caller handles the error
      return listens;
    });
    // This waits until the connections of the other listeners have closed. Only then are the clusters closed, because
    // running requests need them.
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

/** Resolves once the last connection of the listener has closed. */
async function close(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
