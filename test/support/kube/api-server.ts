import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from 'node:net';
import { text } from 'node:stream/consumers';
import { TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import { freePorts } from '../free-ports.ts';
import type { CertificateAuthority } from '../issue-certificate.ts';

/** A request that the server has received. */
export interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** The CN of the client certificate. */
  readonly client: string | undefined;
  /** The name that the client sent in the handshake (SNI). */
  readonly serverName: string | undefined;
}

type Handler = (received: Received, response: ServerResponse) => void;

/** A real HTTPS or HTTP server on a local port, for one test. */
export class ApiServer {
  readonly received: Received[] = [];
  /** The number of TLS connections so far. */
  connections = 0;
  /** Answers requests. By default with `{}`. */
  handler: Handler = (_, response) => void response.end('{}');
  readonly #server: TcpServer;
  readonly #open = new Set<Socket>();

  private constructor(server: TcpServer) {
    this.#server = server;
    this.#server.on('secureConnection', () => {
      this.connections += 1;
    });
    track(this.#server, this.#open);
    this.#server.on('request', (request, response) => void this.#receive(request, response));
  }

  static async start(authority: CertificateAuthority): Promise<ApiServer> {
    const certificate = await authority.issue({
      commonName: 'kube-apiserver',
      sans: ['127.0.0.1', 'kubernetes.default'],
      usages: ['serverAuth'],
    });
    return await ApiServer.#listening(
      createServer({ ...certificate, ca: authority.cert, requestCert: true, rejectUnauthorized: false }),
    );
  }

  /** A server without TLS. */
  static async startPlain(): Promise<ApiServer> {
    return await ApiServer.#listening(createHttpServer());
  }

  static async #listening(tcp: TcpServer): Promise<ApiServer> {
    const server = new ApiServer(tcp);
    await listen(tcp, server.#open);
    return server;
  }

  get port(): number {
    return portOf(this.#server);
  }

  /** With `https://`, the address of a server with TLS. */
  get origin(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  /** The number of open connections. */
  get open(): number {
    return this.#open.size;
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url, headers, socket } = request;
    const tls = socket instanceof TLSSocket ? socket : undefined;
    const [client] = [tls?.getPeerCertificate().subject?.CN].flat();
    const serverName = tls === undefined ? undefined : serverNameOf(tls);
    const received = { method, url, headers, body: await text(request), client, serverName };
    this.received.push(received);
    this.handler(received, response);
  }
}

/** A port that accepts connections and never sends a byte, not even a TLS handshake. */
export class SilentServer {
  readonly #server = createTcpServer();
  readonly #open = new Set<Socket>();

  static async start(): Promise<SilentServer> {
    const server = new SilentServer();
    track(server.#server, server.#open);
    await listen(server.#server, server.#open);
    return server;
  }

  get origin(): string {
    return `https://127.0.0.1:${portOf(this.#server)}`;
  }

  get open(): number {
    return this.#open.size;
  }
}

/** The address of a port that refuses connections. */
export async function refusingOrigin(): Promise<string> {
  const [port] = await freePorts(1);
  return `https://127.0.0.1:${port}`;
}

function track(server: TcpServer, open: Set<Socket>): void {
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    // Some tests are about clients that disconnect early.
    socket
      .on('error', () => {})
      .on('close', () => open.delete(socket))
      .resume();
  });
  server.on('tlsClientError', () => {});
}

async function listen(server: TcpServer, open: ReadonlySet<Socket>): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
}

/** Node's types lack `servername`, which the server's side of a TLS socket has. */
function serverNameOf(socket: TLSSocket): string | undefined {
  const name: unknown = Reflect.get(socket, 'servername');
  return typeof name === 'string' ? name : undefined;
}

function portOf(server: TcpServer): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  return address.port;
}
