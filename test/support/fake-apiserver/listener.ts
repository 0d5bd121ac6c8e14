import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { IssuedCertificate } from '../issue-certificate.ts';

/** Handles one request. `reset` breaks its connection with RST. */
export type RequestTaker = (request: IncomingMessage, response: ServerResponse, reset: () => void) => void;

/** HTTPS on 127.0.0.1, with access to every TCP connection. Client certificates are requested, but not required. */
export class Listener {
  readonly #server: Server;
  /** The TCP sockets, each with its TLS socket once the handshake is done. Only a TCP socket can be reset. */
  readonly #sockets = new Map<Socket, TLSSocket | undefined>();

  /** @param clientCa the CA for the verification of client certificates, PEM */
  constructor(certificate: IssuedCertificate, clientCa: string, take: RequestTaker) {
    const { cert, key } = certificate;
    this.#server = createServer({ cert, key, ca: clientCa, requestCert: true, rejectUnauthorized: false });
    this.#server.keepAliveTimeout = 0; // kube-apiserver keeps idle connections for minutes
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.set(socket, undefined);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => {}); // a client may reset its connection
    });
    this.#server.on('secureConnection', (above: TLSSocket) => {
      for (const socket of this.#sockets.keys()) {
        if (socket.remotePort === above.remotePort) this.#sockets.set(socket, above);
      }
    });
    this.#server.on('tlsClientError', () => {}); // or give up during the handshake
    this.#server.on('request', (request, response) => {
      take(request, response, () => {
        for (const [socket, above] of this.#sockets) if (above === request.socket) this.#reset(socket);
      });
    });
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  /** Listens, and returns the port. 0 chooses a free port. */
  async listen(port: number): Promise<number> {
    if (this.#server.listening) return port;
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    return isAddressInfo(address) ? address.port : port;
  }

  /** Stops listening and breaks all connections. May be called again. */
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
   * libuv refuses to reset a socket that is being shut down (EINVAL). Node then loses track of it while it is open, and
   * never emits `close`. Such a socket is closed instead.
   */
  #reset(socket: Socket): void {
    if (this.#sockets.get(socket)?.writableEnded) socket.destroy();
    else socket.resetAndDestroy();
  }
}

function isAddressInfo(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}
