import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIPv4, isIPv6, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { logListenerErrors } from '../lib/listener-errors.ts';
import type { Logger } from '../lib/logger.ts';
import { SocketPlaces } from '../lib/socket-places.ts';
import { throttled } from '../lib/throttled.ts';
import type { LogLevelSwitch } from './log-level.ts';
import type { Families } from './metrics/families.ts';
import { Scrapes } from './scrapes.ts';

/** What the listener serves, and to whom. */
export interface ManagementOptions {
  /** Whether this instance should get new connections. */
  readonly isReady: () => boolean;
  readonly metrics: Pick<Families, 'text' | 'contentType'>;
  /** Accepted host names, without port, besides IP addresses, `localhost` and the name of this machine. */
  readonly allowedHosts: readonly string[];
  /** Answers `/log-level`. */
  readonly logLevel: Pick<LogLevelSwitch, 'answer'>;
  readonly log: Pick<Logger, 'error'>;
}

/**
 * Open connections in total; a new one takes the place of the oldest. There is no limit per address, because the
 * kubelet and Prometheus may share their address with other clients on the node or behind the same NAT.
 */
const MAX_CONNECTIONS = 100;
/** Time for the request to arrive, from the start of the connection. */
const REQUEST_TIMEOUT_MS = 5_000;
/** Time for the client to take the answer, from its request. */
const ANSWER_TIMEOUT_MS = 10_000;

/**
 * The plain-HTTP listener for the kubelet and Prometheus, which cannot present a client certificate: `/livez`,
 * `/readyz` and `/metrics`, and for somebody on this machine `/log-level`. It answers from memory, so that a probe never
 * waits, and one request per connection, so that a client costs little. The caller handles errors before it listens; it
 * logs later ones itself.
 */
export function createManagementServer(options: ManagementOptions): Server {
  const { isReady, metrics, allowedHosts, logLevel, log } = options;
  const names = new Set(['localhost', hostname(), ...allowedHosts].map((name) => name.toLowerCase()));
  const places = new SocketPlaces(MAX_CONNECTIONS);
  const scrapes = new Scrapes(metrics);
  const served = new WeakSet<Socket>();
  const logUnreadable = throttled((line) => log.error(line, 'the metrics could not be read'));

  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const { socket, method, url } = request;
    if (served.has(socket)) {
      // A pipelined request. Node reads thousands of them at a time, and would keep them until a slow reader has taken
      // the first answer. This turn of the event loop sends the first answer; then the connection is closed.
      setImmediate(() => socket.destroy());
      return;
    }
    served.add(socket);
    const cut = setTimeout(() => socket.destroy(), ANSWER_TIMEOUT_MS);
    socket.once('close', () => clearTimeout(cut));

    const answer = (status: number, body: readonly Buffer[], contentType = 'text/plain; charset=utf-8') => {
      response.writeHead(status, {
        'content-type': contentType,
        'content-length': body.reduce((bytes, { length }) => bytes + length, 0),
        'cache-control': 'no-store',
        connection: 'close',
      });
      for (const piece of body) response.write(piece);
      response.end();
    };
    const answerText = (status: number, text: string) => answer(status, [Buffer.from(`${text}\n`)]);
    if (!isAllowedHost(request, names))
      return answerText(
        421,
        'use an IP address or localhost, or add this host name to MANAGEMENT_ALLOWED_HOSTS',
      );
    if (url === '/log-level')
      return void logLevel.answer(request).then(
        ({ status, text }) => answerText(status, text),
        () => socket.destroy(), // it was cut before its body had arrived
      );
    if (method !== 'GET' && method !== 'HEAD') return answerText(405, 'use GET');
    switch (url) {
      case '/livez':
        return answerText(200, 'ok');
      case '/readyz':
        return isReady() ? answerText(200, 'ok') : answerText(503, 'not ready');
      case '/metrics':
        return void scrapes.text(socket).then(
          (text) => answer(200, text, metrics.contentType),
          (error: unknown) => {
            logUnreadable({ err: error });
            answerText(500, 'the metrics could not be read');
          },
        );
      default:
        return answerText(404, 'try /livez, /readyz, /metrics or /log-level');
    }
  };

  const server = createServer(
    {
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
      // How often Node checks for requests that have timed out.
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 8 * 1024,
      // The handler answers instead, and says what to do about it.
      requireHostHeader: false,
    },
    handle,
  );
  server.on('checkExpectation', handle);
  server.on('connection', (socket) => {
    places.add(socket);
    socket.once('close', () => places.remove(socket));
  });
  logListenerErrors(
    server,
    throttled((line) => log.error(line, 'the management listener failed')),
  );
  return server;
}

/**
 * Whether the Host of a request is an IP address or one of the names. A web page can point its own DNS name at this
 * listener and read the answers (DNS rebinding), but its browser then sends that name. Browsers always send a Host, so
 * a request by HTTP/1.0 without one is allowed: the health checks of some load balancers send such requests.
 */
function isAllowedHost(
  { headersDistinct, httpVersion }: IncomingMessage,
  names: ReadonlySet<string>,
): boolean {
  const [host, ...others] = headersDistinct.host ?? [];
  if (host === undefined) return httpVersion === '1.0';
  if (others.length > 0) return false;
  const [, address, name = ''] = /^(?:\[(.+)\]|([^:]+))(?::\d+)?$/.exec(host) ?? [];
  return address === undefined ? isIPv4(name) || names.has(name.toLowerCase()) : isIPv6(address);
}
