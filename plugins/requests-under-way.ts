import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { OverloadedError } from '../src/api/errors.ts';
import { ParseTurns } from '../src/lib/parse-turns.ts';
import { Rate } from '../src/lib/rate.ts';
import { RequestPlaces } from '../src/lib/request-places.ts';
import { throttled } from '../src/lib/throttled.ts';
import { type Answering, atEnd, type ClientConnection, type Running } from '../src/tls/client-connection.ts';

/**
 * Limits of requests under way. A request is under way until its answer has been sent, whether it waits for the API
 * server, for the cache or for a slow reader.
 */
export interface RequestsUnderWayOptions {
  readonly maxRequests: number;
  readonly maxRequestsPerClient: number;
  /** A connection with this many requests is not read until it has fewer. */
  readonly maxRequestsPerConnection: number;
  /** A connection older than this is closed after its next answer. Seconds. */
  readonly maxConnectionAgeSeconds: number;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Call it when an answer has been sent, or its connection has closed. */
    endAnswer(connection: ClientConnection, answer: Answering): void;
    /** Gives back the place of a request under way whose answer is still to come. */
    endUnderWay(connection: ClientConnection, entry: Running): void;
    /** Cuts a connection that brought requests whose answers cannot be sent. */
    cutForRequests(connection: ClientConnection): void;
  }
}

/** Refused requests per client and second. Further refused requests keep their places for a while. */
const FREE_REFUSALS = 100;
/** How long they keep them, from the end of the answer. */
const REFUSED_MS = 1_000;

/**
 * Limits the requests under way per connection, per client and in total. At the limit, connections are not read. A
 * request that has been read already is refused at once. If its refusal would have to wait for earlier answers of the
 * connection, the connection is cut; and so it is if a request comes behind a stream, which does not end: its answer could
 * never be sent, and would be kept as long as the stream. A client that is refused again and again is read more slowly:
 * refusals are quick, so the client could otherwise cause any number of them.
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

    /** Call it when the answer has been sent, or its connection has closed. */
    function end(connection: ClientConnection, answer: Answering): void {
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
      // A place that is kept makes the service read the client more slowly. Without reading in pieces that is not
      // possible, and a kept place would only make it refuse more requests.
      const free = status < 400 || !connection.isReadInPieces || refusals.take(connection.client);
      if (free) places.release(connection);
      else setTimeout(() => places.release(connection), REFUSED_MS).unref();
    }

    app.decorate('endAnswer', (connection, answer) => {
      end(connection, answer);
      // This answer had begun before the connection was marked for closing, so it lacks `connection: close`. Close both
      // directions once it is sent: with one left open, the service would go on reading what the client sends.
      if (connection.closing && connection.running.size === 0) connection.socket.destroySoon();
    });
    app.decorate('endUnderWay', (connection, entry) => {
      if (entry.counted) places.release(connection);
      entry.counted = false;
    });
    app.decorate('cutForRequests', (connection) => {
      app.limited.connections.requests += 1;
      warn({ client: connection.client, requests: connection.running.size });
      connection.closing = true;
      connection.socket.destroy();
    });
    app.server.on('secureConnection', (socket) => {
      const connection = app.clientConnections.get(socket);
      if (connection === undefined) return;
      connection.readInPieces(turns, app.answerAtOnce);
      places.add(connection);
      socket.once('close', () => {
        places.remove(connection);
        connection.interrupt('disconnected');
        // A request that is being handled keeps its place until it is done. The handling of a write does not begin
        // before its body has arrived.
        for (const [answer, { readyAt }] of connection.running)
          if (readyAt !== undefined || !isBegun(answer.req)) end(connection, answer);
      });
    });
    app.addHook('onRequest', (request, reply, next) => {
      const connection = request.clientConnection;
      const { running } = connection;
      // The connection is closing and the client could never see the answer, so do not execute the request.
      if (connection.closing) {
        connection.hold('closing');
        reply.hijack();
        return;
      }
      connection.latest = reply.raw;
      const counted = !hasStream(connection) && places.take(connection);
      if (!counted && running.size > 0) {
        app.cutForRequests(connection);
        reply.hijack();
        return;
      }
      const entry: Running = { bytes: 0, readyAt: undefined, counted };
      atEnd(entry, () => {
        app.countRequest(request, reply, entry.longLived?.kind);
        app.endTrace?.(request, reply);
      });
      running.set(reply.raw, entry);
      if (running.size >= maxRequestsPerConnection && !connection.isReceiving) connection.hold('connection');
      if (counted) return next();
      app.limited.requests.in_all += 1;
      next(new OverloadedError());
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
      if (connection.latest === reply.raw && request.raw.complete) connection.latest = undefined;
      app.endAnswer(connection, reply.raw);
      next();
    });
    done();
  },
  { name: 'requests-under-way', dependencies: ['connections', 'request-durations'], fastify: '5.x' },
);

function hasStream({ running }: ClientConnection): boolean {
  for (const { longLived } of running.values()) if (longLived?.kind === 'stream') return true;
  return false;
}

/** Whether the request is being handled: a read from its start, a write once its body has arrived. */
function isBegun({ method, readableEnded }: Answering['req']): boolean {
  return method === 'GET' || method === 'HEAD' || readableEnded;
}

/** The approximate size of the body of an answer, in bytes; 0 for a stream. */
function sizeOf(payload: unknown): number {
  return typeof payload === 'string' || Buffer.isBuffer(payload) ? payload.length : 0;
}
