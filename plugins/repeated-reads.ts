import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { LRUCache } from 'lru-cache';
import { clusterIn } from '../src/api/cluster-in.ts';
import { headerLines } from '../src/api/header-pairs.ts';
import { JSON_TYPE, type ReadAnswer, type ReadFromMemory, type ReadHeaders } from '../src/api/read-answer.ts';
import type { NewRequestId } from '../src/api/request-id.ts';
import type { Buckets } from '../src/lib/buckets.ts';
import { PIECE_BYTES } from '../src/lib/piecewise-body.ts';
import type { DurationsOfCluster } from '../src/observability/request-durations.ts';
import type { Identity } from '../src/tls/certificate-identity.ts';
import type { AnswerAtOnce, ClientConnection } from '../src/tls/client-connection.ts';
import { STANDARD_HEADERS } from './response-headers.ts';

export interface RepeatedReadsOptions {
  readonly newRequestId: NewRequestId;
  /** Whether each request is to have a span, which only the usual way makes. */
  readonly traced: boolean;
  readonly keepAliveTimeoutSeconds: number;
  readonly maxConnectionAgeSeconds: number;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Answers a request that repeats a read which `rememberRead` knows. */
    readonly answerAtOnce: AnswerAtOnce;
    /** Call it when a request is answered from memory, with what makes the answer. */
    rememberRead(request: FastifyRequest, fromMemory: ReadFromMemory): void;
  }
}

/** A longer body is sent in pieces, by the usual way. */
const MAX_WHOLE_BYTES = 1024 * 1024;
/** Bytes of all bodies that are sent as a whole and are longer than a piece. */
const MAX_LONG_BYTES = 16 * 1024 * 1024;
const READ = { method: 'GET', readableEnded: true };
const OK = 'HTTP/1.1 200 OK\r\n';
const NOT_MODIFIED = 'HTTP/1.1 304 Not Modified\r\n';

/** What a URL asks for. */
interface KnownRead {
  /** The name in the URL; undefined: the default cluster. */
  readonly cluster: string | undefined;
  readonly fromMemory: ReadFromMemory;
  /** Its template. */
  readonly route: string;
  /** Where its answers are counted, so that none of them needs a look-up of labels; of the cluster that the name had last. */
  counted?: { readonly of: DurationsOfCluster; readonly ok: Buckets; readonly notModified: Buckets };
}

/** The header lines of a request, as the client has sent them, and what they say. */
interface HeaderBlock {
  readonly text: string;
  readonly requestId: string | string[] | undefined;
  readonly headers: ReadHeaders;
}

/** How many URLs are remembered. The least recently used is forgotten first. */
const MAX_READS = 2_000;

/**
 * Answers reads that clients repeat, without parsing and routing them again. A client that watches a count sends the
 * same bytes each time. What these bytes ask for is remembered; who may see it, and the answer, are not. Everything
 * that is not exactly as before goes the usual way: the HTTP server, the hooks, the handler of the route.
 *
 * A request is a repetition if its URL is that of a read which was answered from memory, and its headers are those of
 * the last such read of its connection. A request that arrives together with others is never one.
 */
export default fastifyPlugin(
  function repeatedReadsPlugin(app: FastifyInstance, options: RepeatedReadsOptions, done) {
    const { newRequestId, traced, keepAliveTimeoutSeconds, maxConnectionAgeSeconds } = options;
    const reads = new LRUCache<string, KnownRead>({ max: MAX_READS });
    /** The headers of the last read of each connection that was remembered. */
    const blocks = new WeakMap<ClientConnection, HeaderBlock>();
    /** Each read is logged at this level, which only the usual way does. */
    const isLogged = () => app.log.level === 'debug' || app.log.level === 'trace';
    /** Bytes of the long bodies that are being sent. */
    let longBytes = 0;
    /** Called when none is being sent any more. */
    let allSent = () => {};
    const dateLine = dateLines();
    const lastLines = `Connection: keep-alive\r\nKeep-Alive: timeout=${keepAliveTimeoutSeconds}\r\n\r\n`;
    const standardLines = headerLines(STANDARD_HEADERS);
    const typeLine = headerLines(JSON_TYPE);

    function answerOf(
      identity: Identity,
      { cluster: name, fromMemory }: KnownRead,
      headers: ReadHeaders,
    ): ReadAnswer | undefined {
      const cluster = app.clusterFor(identity, name);
      try {
        return cluster && fromMemory(cluster, headers);
      } catch {
        return undefined; // the usual way makes the error again, and answers it
      }
    }

    /** Counts an answer. The hooks, which count the others, do not see it. */
    function count(read: KnownRead, { body }: ReadAnswer, startedAt: number): void {
      const cluster = read.cluster === undefined ? app.fleet.default : app.fleet.get(read.cluster);
      if (cluster === undefined) return; // just removed
      const durations = app.requestDurations.of(cluster);
      if (read.counted?.of !== durations) {
        const ok = durations.request('GET', read.route, '200');
        read.counted = { of: durations, ok, notModified: durations.request('GET', read.route, '304') };
      }
      const { ok, notModified } = read.counted;
      (body === undefined ? notModified : ok).add((performance.now() - startedAt) / 1000);
    }

    function write(connection: ClientConnection, id: string, { headers, body }: ReadAnswer): void {
      const { socket } = connection;
      const first = body === undefined ? NOT_MODIFIED : OK;
      const type = body === undefined ? '' : `${typeLine}content-length: ${body.length}\r\n`;
      const head = `${first}${standardLines}x-request-id: ${id}\r\n${headerLines(headers)}${type}${dateLine()}${lastLines}`;
      if (!Buffer.isBuffer(body)) socket.write(body === undefined ? head : head + body, 'latin1');
      else if (body.length <= PIECE_BYTES) {
        socket.cork();
        socket.write(head, 'latin1');
        socket.write(body);
        socket.uncork();
      } else {
        socket.write(head, 'latin1');
        writeLong(connection, body);
      }
    }

    /** Clients may take a while to read a long body, so it counts as an answer of the connection until it is sent. */
    function writeLong(connection: ClientConnection, body: Buffer): void {
      const answer = { statusCode: 200, req: READ };
      const { length: bytes } = body;
      connection.running.set(answer, {
        bytes,
        readyAt: performance.now(),
        counted: false,
      });
      longBytes += bytes;
      connection.socket.write(body, () => {
        longBytes -= bytes;
        app.endAnswer(connection, answer);
        if (longBytes === 0) allSent();
      });
    }

    /** Whether a body may be sent as a whole. TLS then keeps an encrypted copy of it until the client has read it. */
    function mayBeWhole(bytes: number): boolean {
      return bytes <= PIECE_BYTES || (bytes <= MAX_WHOLE_BYTES && longBytes + bytes <= MAX_LONG_BYTES);
    }

    // The HTTP server knows nothing of these answers, and would regard their connections as idle.
    app.addHook('preClose', async () => {
      if (longBytes === 0) return;
      await new Promise<void>((resolve) => {
        allSent = resolve;
      });
    });
    app.decorate('answerAtOnce', (connection, text) => {
      const { identity, openedAt } = connection;
      const startedAt = performance.now();
      const { url, headerText } = headOf(text);
      const block = blocks.get(connection);
      if (block?.text !== headerText || identity.kind !== 'client') return false;
      if (traced || isLogged() || app.isDraining() || app.isOverloaded()) return false;
      if (startedAt - openedAt > maxConnectionAgeSeconds * 1000) return false;
      const read = reads.get(url);
      if (read === undefined) return false;
      const answer = answerOf(identity, read, block.headers);
      if (answer === undefined || !mayBeWhole(answer.body?.length ?? 0)) return false;
      if (!app.takeRate('GET', identity.user)) return false;
      write(connection, newRequestId(block.requestId), answer);
      count(read, answer, startedAt);
      return true;
    });
    app.decorate('rememberRead', (request, fromMemory) => {
      const { clientConnection: connection, raw } = request;
      if (connection.head === undefined || isSpecial(raw.headers)) return;
      const { url, headerText } = headOf(connection.head);
      if (url !== raw.url) return;
      const route = request.routeOptions.url ?? '';
      reads.set(url, { cluster: clusterIn(request.params), fromMemory, route });
      if (blocks.get(connection)?.text !== headerText)
        blocks.set(connection, blockOf(headerText, raw.headers));
    });
    done();
  },
  {
    name: 'repeated-reads',
    dependencies: ['requests-under-way', 'drain', 'overload', 'rate-limit', 'request-cluster'],
    fastify: '5.x',
  },
);

/** The parts of the head of a request. */
interface Head {
  /** Empty if the first line is not that of a GET request by HTTP/1.1. */
  readonly url: string;
  /** Everything after the first line. */
  readonly headerText: string;
}

const METHOD = 'GET ';
const VERSION = ' HTTP/1.1';

function headOf(text: string): Head {
  const end = text.indexOf('\r\n');
  const line = text.slice(0, end);
  const url = line.endsWith(VERSION) ? line.slice(METHOD.length, -VERSION.length) : '';
  return { url, headerText: text.slice(end + 2) };
}

/** Whether the headers change how the HTTP server treats the request or its connection. */
function isSpecial(headers: IncomingHttpHeaders): boolean {
  const { connection = 'keep-alive', expect, upgrade } = headers;
  const body = headers['content-length'] ?? headers['transfer-encoding'];
  return connection !== 'keep-alive' || (body ?? expect ?? upgrade) !== undefined;
}

function blockOf(text: string, headers: IncomingHttpHeaders): HeaderBlock {
  const { 'accept-encoding': encodings, 'if-none-match': tags, 'x-request-id': requestId } = headers;
  return { text, requestId, headers: { 'accept-encoding': encodings, 'if-none-match': tags } };
}

/** Creates the function that returns the Date header, which changes once per second. */
function dateLines(): () => string {
  let second = 0;
  let line = '';
  return () => {
    const now = Math.floor(Date.now() / 1000);
    if (now !== second) {
      second = now;
      line = `Date: ${new Date(now * 1000).toUTCString()}\r\n`;
    }
    return line;
  };
}
