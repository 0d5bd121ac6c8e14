import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { OverloadedError } from '../src/api/errors.ts';
import { ParseTurns } from '../src/lib/parse-turns.ts';
import { Rate } from '../src/lib/rate.ts';
import { RequestPlaces } from '../src/lib/request-places.ts';
import { throttled } from '../src/lib/throttled.ts';
import type { ClientConnection } from '../src/tls/client-connection.ts';

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

/** Of one client in a second. Beyond these a refused request keeps its place for a while. */
const FREE_REFUSALS = 100;
/** How long, from the end of its answer. */
const REFUSED_MS = 1_000;

/**
 * Bounds the requests under way: of a connection, of a client, and in all. Beyond that connections are not read on.
 * What a connection has brought along already is refused at once; where it cannot be, because the answer would have to
 * wait for those before it, the connection is cut. A client that is refused over and over is read on more slowly, as a
 * refusal costs little time and there would be no end to them.
 */
export default fastifyPlugin(
  function requestsUnderWayPlugin(app: FastifyInstance, options: RequestsUnderWayOptions, done) {
    const { maxRequests, maxRequestsPerClient, maxRequestsPerConnection, maxConnectionAgeSeconds } = options;
    const places = new RequestPlaces(maxRequests, maxRequestsPerClient);
    const turns = new ParseTurns();
    const refusals = new Rate(FREE_REFUSALS);
    const warn = throttled((line) =>
      app.log.warn(line, 'cut a connection that brought too many requests at once'),
    );

    /** The answer has left, or has nowhere to go. */
    function end(connection: ClientConnection, answer: ServerResponse): void {
      const { running } = connection;
      const request = running.get(answer);
      if (request === undefined) return;
      running.delete(answer);
      connection.firstSince = performance.now();
      if (request.counted) giveBack(connection, answer.statusCode);
      request.onEnd?.();
      if (running.size < maxRequestsPerConnection) connection.release('connection');
    }

    function giveBack(connection: ClientConnection, status: number): void {
      // Where nothing can be left unread, further requests would be refused for it.
      const free = status < 400 || !connection.isReadInPieces || refusals.take(connection.client);
      if (free) places.release(connection);
      else setTimeout(() => places.release(connection), REFUSED_MS).unref();
    }

    app.server.on('secureConnection', (socket) => {
      const connection = app.clientConnections.get(socket);
      if (connection === undefined) return;
      connection.readInPieces(turns);
      places.add(connection);
      socket.once('close', () => {
        places.remove(connection);
        // What is still worked at keeps its place until it is done. A request that has not come whole is not begun.
        for (const [answer, { readyAt }] of connection.running)
          if (readyAt !== undefined || !isBegun(answer.req)) end(connection, answer);
      });
    });
    app.addHook('onRequest', (request, reply, next) => {
      const connection = request.clientConnection;
      const { running, client } = connection;
      // The connection is closing and its client could never see the answer, so the request is not carried out.
      if (connection.closing) {
        connection.hold('closing');
        reply.hijack();
        return;
      }
      connection.latest = reply.raw;
      const counted = places.take(connection);
      if (!counted && running.size > 0) {
        app.limited.connections.requests += 1;
        warn({ client, requests: running.size });
        connection.closing = true;
        connection.socket.destroy();
        reply.hijack();
        return;
      }
      running.set(reply.raw, { bytes: 0, readyAt: undefined, counted, longLived: false });
      if (running.size >= maxRequestsPerConnection && !connection.isReceiving) connection.hold('connection');
      if (counted) return next();
      app.limited.requests.in_all += 1;
      next(new OverloadedError());
    });
    app.addHook('onRoute', (route) => {
      if (!route.config?.longLived) return;
      route.onRequest = [
        ...[route.onRequest ?? []].flat(),
        (request, reply, next) => {
          const { clientConnection: connection } = request;
          const entry = connection.running.get(reply.raw);
          if (entry?.counted) places.release(connection);
          if (entry !== undefined)
            Object.assign(entry, { counted: false, longLived: true, readyAt: performance.now() });
          // The server sets it again once the answer has ended.
          connection.socket.setTimeout(0);
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
        if (connection.socket.destroyed) end(connection, reply.raw);
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

/** Whether somebody works at it: at a read from its begin, at a write once its body has come. */
function isBegun({ method, readableEnded }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD' || readableEnded;
}

/** Bytes of an answer's body, about; 0 for a stream. */
function sizeOf(payload: unknown): number {
  return typeof payload === 'string' || Buffer.isBuffer(payload) ? payload.length : 0;
}
