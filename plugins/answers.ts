import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { PIECE_BYTES, PiecewiseBody } from '../src/lib/piecewise-body.ts';
import { throttled } from '../src/lib/throttled.ts';
import { atEnd, type ClientConnection, type Running } from '../src/tls/client-connection.ts';

/** How slowly a client may read an answer. */
export interface AnswerOptions {
  /** The longest time to read one answer of any size, in seconds. */
  readonly answerTimeoutSeconds: number;
  /** A client that reads more slowly than this on average is cut earlier. */
  readonly minAnswerBytesPerSecond: number;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Cuts every connection whose answer has been ready for longer than this, in milliseconds. */
    cutSlowReaders(olderThanMs: number): void;
  }
}

/** A client always has this time for an answer before its rate counts. */
const GRACE_MS = 10_000;
/** How long a stream may be stuck. Its rate does not count: a fast reader too may always have something left to read. */
const STALLED_MS = 30_000;
const SWEEP_MS = 1_000;
/** Bytes of all bodies that are being sent. A body that is sent on several connections counts once. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/**
 * Sends large bodies piece by piece, as their readers take them, and cuts readers that are too slow. This bounds the
 * memory that answers take, and the time that they take it for.
 */
export default fastifyPlugin(
  function answersPlugin(app: FastifyInstance, options: AnswerOptions, done) {
    const warn = throttled((line) => app.log.warn(line, 'cut a client that reads its answer too slowly'));
    /** The bodies that are being sent, with the number of answers that hold each. */
    const bodies = new Map<Buffer, number>();
    let bodyBytes = 0;
    /** The answers whose bodies are sent piece by piece. */
    const inPieces = new WeakSet<Running>();

    function hold(body: Buffer): () => void {
      const uses = bodies.get(body) ?? 0;
      bodies.set(body, uses + 1);
      if (uses === 0) bodyBytes += body.length;
      return () => {
        const left = (bodies.get(body) ?? 1) - 1;
        if (left > 0) bodies.set(body, left);
        else if (bodies.delete(body)) bodyBytes -= body.length;
      };
    }

    function cut(connection: ClientConnection): void {
      app.limited.connections.slow_reader += 1;
      const { client, socket } = connection;
      warn({ client, address: socket.remoteAddress });
      socket.destroy();
    }

    /** The connections whose next answer is ready, and the time since which their clients could have read it. */
    function* waiting(): Generator<{ connection: ClientConnection; first: Running; since: number }> {
      for (const connection of app.clientConnections.values()) {
        const [first] = connection.running.values();
        if (first?.readyAt !== undefined && !connection.socket.destroyed)
          yield { connection, first, since: Math.max(first.readyAt, connection.firstSince) };
      }
    }

    function cutTooSlow(): void {
      const now = performance.now();
      for (const { connection, first, since } of waiting()) {
        if (!inPieces.has(first) && hasRead(connection, first))
          Object.assign(first, { readyAt: now, bytes: 0 });
        else if (now - since > limitOf(first)) cut(connection);
      }
    }

    function limitOf({ bytes, longLived }: Running): number {
      if (longLived?.kind !== 'stream') return timeToReadMs(bytes, options);
      return Math.min(options.answerTimeoutSeconds * 1000, STALLED_MS);
    }

    /**
     * Cuts the connection that has kept a body for the longest time without reading an answer. The body need not be its
     * next answer: it may be kept behind a wait, or behind a request that takes its time.
     */
    function cutOldest(): void {
      let oldest: { connection: ClientConnection; since: number } | undefined;
      for (const connection of app.clientConnections.values()) {
        const readyAt = connection.socket.destroyed ? undefined : firstBodyReadyAt(connection, inPieces);
        if (readyAt === undefined) continue;
        const since = Math.max(readyAt, connection.firstSince);
        if (oldest === undefined || since < oldest.since) oldest = { connection, since };
      }
      if (oldest !== undefined) cut(oldest.connection);
    }

    app.decorate('cutSlowReaders', (olderThanMs) => {
      const now = performance.now();
      for (const { connection, since } of waiting()) {
        if (connection.socket.writableLength > 0 && now - since > olderThanMs) cut(connection);
      }
    });
    const sweep = setInterval(cutTooSlow, SWEEP_MS).unref();
    app.addHook('onClose', async () => clearInterval(sweep));
    app.addHook('onSend', (request, reply, payload, next) => {
      if (!Buffer.isBuffer(payload) || payload.length <= PIECE_BYTES) return next();
      // The client has gone. Fastify would take the end of the pieces for an error, and answer once more.
      if (reply.raw.destroyed) return next();
      const entry = request.clientConnection.running.get(reply.raw);
      if (entry !== undefined) {
        inPieces.add(entry);
        atEnd(entry, hold(payload));
      }
      if (bodyBytes > MAX_BODY_BYTES) cutOldest();
      reply.header('content-length', payload.length);
      next(null, new PiecewiseBody(payload));
    });
    done();
  },
  { name: 'answers', dependencies: ['requests-under-way'], fastify: '5.x' },
);

/**
 * Whether the client has done its part of a long-lived answer since this was last asked: it has read everything that was
 * sent to it or, of a stream, at least something.
 */
function hasRead({ socket }: ClientConnection, entry: Running): boolean {
  const { longLived } = entry;
  if (longLived === undefined) return false;
  const pending = socket.writableLength;
  entry.bytes = Math.max(entry.bytes, pending);
  if (longLived.kind !== 'stream') return pending === 0;
  // `bytesWritten` also counts what is still pending.
  const delivered = socket.bytesWritten - pending;
  const grew = delivered > longLived.delivered;
  longLived.delivered = delivered;
  return grew || pending === 0;
}

/** Since when the first body of a connection that is sent piece by piece has been ready; undefined: it has none. */
function firstBodyReadyAt({ running }: ClientConnection, inPieces: WeakSet<Running>): number | undefined {
  for (const entry of running.values()) if (inPieces.has(entry)) return entry.readyAt;
  return undefined;
}

/** How long a client may take to read an answer of this size. */
export function timeToReadMs(
  bytes: number,
  { answerTimeoutSeconds, minAnswerBytesPerSecond }: AnswerOptions,
): number {
  return Math.min(answerTimeoutSeconds * 1000, GRACE_MS + (bytes / minAnswerBytesPerSecond) * 1000);
}
