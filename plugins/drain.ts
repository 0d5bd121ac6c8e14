import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { DrainingError } from '../src/api/errors.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** From now on every answer closes its connection, so that clients connect to other instances. */
    startDraining(): void;
    /** Whether startDraining was called. */
    readonly isDraining: () => boolean;
  }
}

/**
 * Ends connections in an orderly way. While the service drains, it serves requests and closes their connections after
 * the answer. Once the app closes, it closes idle connections at once and refuses new requests with 503.
 */
export default fastifyPlugin(
  function drainPlugin(app: FastifyInstance, _options, done) {
    let draining = false;
    let closing = false;
    app.decorate('startDraining', () => {
      draining = true;
    });
    app.decorate('isDraining', () => draining);
    app.addHook('preClose', (next) => {
      draining = true;
      closing = true;
      // Node does not regard connections without a first request as idle, and would wait for them.
      app.closeConnections();
      next();
    });
    app.addHook('onRequest', (_request, _reply, next) => {
      next(closing ? new DrainingError() : undefined);
    });
    app.addHook('onSend', (_request, reply, _payload, next) => {
      if (draining) reply.header('connection', 'close');
      next();
    });
    done();
  },
  { name: 'drain', dependencies: ['connections'], fastify: '5.x' },
);
