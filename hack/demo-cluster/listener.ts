import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { IssuedCertificate } from '../issue-certificate.ts';

/** Takes one request; `reset` breaks its connection with RST. */
export type RequestTaker = (request: IncomingMessage, response: ServerResponse, reset: () => void) => void;

/** HTTPS on 127.0.0.1, with every TCP connection in hand. Client certificates are asked for, not required. */
export class Listener {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  /** @param clientCa PEM of the CA that client certificates are checked against */
  constructor(certificate: IssuedCertificate, clientCa: string, take: RequestTaker) {
    const { cert, key } = certificate;
    this.#server = createServer({ cert, key, ca: clientCa, requestCert: true, rejectUnauthorized: false });
    this.#server.keepAliveTimeout = 0; // kube-apiserver keeps idle connections for minutes
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => {}); // a client that resets is no concern of ours
    });
    this.#server.on('tlsClientError', () => {}); // nor one that gives up in the handshake
    this.#server.on('request', (request, response) => {
      const port = request.socket.remotePort;
      take(request, response, () => this.#socketFrom(port)?.resetAndDestroy());
    });
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  /** Listens; answers with the port, which for 0 is a free one. */
  async listen(port: number): Promise<number> {
    if (this.#server.listening) return port;
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    return isAddressInfo(address) ? address.port : port;
  }

  /** Stops listening and breaks all connections. Harmless when repeated. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.drop('close');
    await closed;
  }

  drop(how: 'close' | 'reset'): void {
    for (const socket of this.#sockets) {
      if (how === 'reset') socket.resetAndDestroy();
      else socket.destroy();
    }
  }

  /** The TCP socket below a TLS socket: only it can be reset. */
  #socketFrom(port: number | undefined): Socket | undefined {
    return [...this.#sockets].find((socket) => socket.remotePort === port);
  }
}

function isAddressInfo(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}
