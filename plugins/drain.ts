import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { DrainingError } from '../src/api/errors.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** From now on every answer asks its client to connect anew, so that connections move to other instances. */
    startDraining(): void;
    /** Whether startDraining was called. */
    readonly isDraining: () => boolean;
  }
}

/**
 * Lets connections go in an orderly way. While draining, requests are served and their connections closed after the
 * answer; once the app closes, idle connections are closed at once and what still comes in is refused with 503.
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
      // Node does not count connections as idle that have not made a request yet: it would wait for them.
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
