import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { IssuedCertificate } from '../issue-certificate.ts';

/** Takes one request; `reset` breaks its connection with RST. */
export type RequestTaker = (request: IncomingMessage, response: ServerResponse, reset: () => void) => void;

/** HTTPS on 127.0.0.1, with every TCP connection in hand. Client certificates are asked for, not required. */
export class Listener {
  readonly #server: Server;
  /** TCP sockets, and the TLS socket above each whose handshake is done: only the lower one can be reset. */
  readonly #sockets = new Map<Socket, TLSSocket | undefined>();

  /** @param clientCa PEM of the CA that client certificates are checked against */
  constructor(certificate: IssuedCertificate, clientCa: string, take: RequestTaker) {
    const { cert, key } = certificate;
    this.#server = createServer({ cert, key, ca: clientCa, requestCert: true, rejectUnauthorized: false });
    this.#server.keepAliveTimeout = 0; // kube-apiserver keeps idle connections for minutes
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.set(socket, undefined);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => {}); // a client that resets is no concern of ours
    });
    this.#server.on('secureConnection', (above: TLSSocket) => {
      for (const socket of this.#sockets.keys()) {
        if (socket.remotePort === above.remotePort) this.#sockets.set(socket, above);
      }
    });
    this.#server.on('tlsClientError', () => {}); // nor one that gives up in the handshake
    this.#server.on('request', (request, response) => {
      take(request, response, () => {
        for (const [socket, above] of this.#sockets) if (above === request.socket) this.#reset(socket);
      });
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
    for (const socket of this.#sockets.keys()) {
      if (how === 'reset') this.#reset(socket);
      else socket.destroy();
    }
  }

  /**
   * libuv refuses to reset a socket that is being shut down (EINVAL), and Node then forgets it while it is open: no
   * 'close' ever comes. Such a socket is closed, as it was about to be.
   */
  #reset(socket: Socket): void {
    if (this.#sockets.get(socket)?.writableEnded) socket.destroy();
    else socket.resetAndDestroy();
  }
}

function isAddressInfo(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}
