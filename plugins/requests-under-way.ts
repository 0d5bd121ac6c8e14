import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { ClientConnection } from '../src/client-connection.ts';
import { OverloadedError, TooManyRequestsError } from '../src/errors.ts';
import { Quota } from '../src/quota.ts';
import { throttledWarning } from '../src/throttled-warning.ts';

/** Requests without a whole answer, whether they wait for the API server, for the cache or for a slow reader. */
export interface RequestsUnderWayOptions {
  readonly maxRequests: number;
  readonly maxRequestsPerClient: number;
  /** A connection that has so many is not read on until it has fewer. */
  readonly maxRequestsPerConnection: number;
  /** A connection older than this is closed after its next answer. Seconds. */
  readonly maxConnectionAgeSeconds: number;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Whether answers of the route go on for as long as their clients stay, as a wait or a stream does. They have bounds
     * of their own: they take no place among the requests under way, and have no time-outs while there is nothing to send.
     */
    longLived?: boolean;
  }
}

/**
 * Bounds the requests under way: of a connection, which is no longer read, of a client, and in all. What is beyond is
 * refused at once. Where it cannot be, because the answer would have to wait for those before it on the connection, the
 * connection is cut: a client that is told to wait does not get there.
 */
export default fastifyPlugin(
  function requestsUnderWayPlugin(app: FastifyInstance, options: RequestsUnderWayOptions, done) {
    const { maxRequests, maxRequestsPerClient, maxRequestsPerConnection, maxConnectionAgeSeconds } = options;
    const places = new Quota(maxRequests, maxRequestsPerClient);
    const warn = throttledWarning(app.log, 'cut a connection that brought too many requests at once');

    /** The answer has left, or has nowhere to go. */
    function end(connection: ClientConnection, answer: ServerResponse): void {
      const { running } = connection;
      const request = running.get(answer);
      if (request === undefined) return;
      running.delete(answer);
      connection.firstSince = performance.now();
      if (request.counted) places.release(connection.client);
      request.onEnd?.();
      if (running.size < maxRequestsPerConnection && !connection.closing) connection.readOn();
    }

    app.server.on('secureConnection', (socket) => {
      const connection = app.clientConnections.get(socket);
      if (connection === undefined) return;
      // What is still being worked at has bounds of its own: those of waiters and of turns.
      socket.once('close', () => {
        for (const answer of connection.running.keys()) end(connection, answer);
      });
    });
    app.addHook('onRequest', (request, reply, next) => {
      const connection = request.clientConnection;
      const { running, client } = connection;
      // The connection is closing and its client could never see the answer, so the request is not carried out.
      if (connection.closing) {
        connection.stopReading();
        reply.hijack();
        return;
      }
      const counted = places.take(client);
      if (!counted && running.size > 0) {
        app.limited.connections.requests += 1;
        warn({ client, requests: running.size });
        connection.closing = true;
        connection.socket.destroy();
        reply.hijack();
        return;
      }
      running.set(reply.raw, { bytes: 0, readyAt: undefined, counted, longLived: false });
      connection.latest = reply.raw;
      if (running.size >= maxRequestsPerConnection) connection.stopReading();
      if (counted) return next();
      app.limited.requests[places.full ? 'in_all' : 'client'] += 1;
      next(places.full ? new OverloadedError() : new TooManyRequestsError());
    });
    app.addHook('onRoute', (route) => {
      if (!route.config?.longLived) return;
      route.onRequest = [
        ...[route.onRequest ?? []].flat(),
        (request, reply, next) => {
          const { running, client, socket } = request.clientConnection;
          const entry = running.get(reply.raw);
          if (entry?.counted) places.release(client);
          if (entry !== undefined)
            Object.assign(entry, { counted: false, longLived: true, readyAt: performance.now() });
          // The server sets it again once the answer has ended.
          socket.setTimeout(0);
          next();
        },
      ];
    });
    app.addHook('onSend', (request, reply, payload, next) => {
      const connection = request.clientConnection;
      const now = performance.now();
      const entry = connection.running.get(reply.raw);
      if (entry !== undefined) {
        entry.readyAt = now;
        entry.bytes = sizeOf(payload);
      }
      if (connection.closing || now - connection.openedAt > maxConnectionAgeSeconds * 1000)
        reply.header('connection', 'close');
      next();
    });
    app.addHook('onResponse', (request, reply, next) => {
      const connection = request.clientConnection;
      end(connection, reply.raw);
      if (connection.latest === reply.raw && request.raw.complete) connection.latest = undefined;
      // Where the answer had begun before the connection was to close. Once it is sent, and not only this side of it: a
      // client that goes on sending would else be listened to.
      if (connection.closing && connection.running.size === 0) request.raw.socket.destroySoon();
      next();
    });
    done();
  },
  { name: 'requests-under-way', dependencies: ['connections'], fastify: '5.x' },
);

/** Bytes of an answer's body, about; 0 for a stream. */
function sizeOf(payload: unknown): number {
  return typeof payload === 'string' || Buffer.isBuffer(payload) ? payload.length : 0;
}
