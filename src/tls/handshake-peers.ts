import type { X509Certificate } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { peerCertificate } from './peer-certificate.ts';

/** What is known of the other side of a handshake. */
export interface HandshakePeer {
  readonly address: string | undefined;
  /** The certificate that it has shown, verified or not; undefined: none so far. */
  readonly certificate: X509Certificate | undefined;
}

/**
 * Remembers who is at the other side of a handshake. When Node tells of a refusal it has already dropped the connection,
 * and with it the address and the certificate. The one event that names the socket before that is `keylog`, which comes
 * early in each handshake; its other argument, which is secret, is not looked at. The event `secure` is not documented:
 * without it, refusals would have no certificate.
 */
export class HandshakePeers {
  readonly #peers = new WeakMap<TLSSocket, HandshakePeer>();

  /** @param server a server without TLS has no handshakes */
  constructor(server: EventEmitter) {
    server.on('keylog', (_secret: Buffer, socket: TLSSocket) => {
      if (this.#peers.has(socket)) return;
      const { remoteAddress: address } = socket;
      this.#peers.set(socket, { address, certificate: undefined });
      // Before the listener of Node, which ends the connection of a client that it does not trust.
      socket.prependOnceListener('secure', () =>
        this.#peers.set(socket, { address, certificate: readable(socket) }),
      );
    });
  }

  /** @param socket the TCP socket if the handshake has not begun */
  of(socket: Socket): HandshakePeer {
    const known = socket instanceof TLSSocket ? this.#peers.get(socket) : undefined;
    return known ?? { address: socket.remoteAddress, certificate: undefined };
  }
}

/** Nobody has verified it, so it may be one that cannot be read. */
function readable(socket: TLSSocket): X509Certificate | undefined {
  try {
    return peerCertificate(socket);
  } catch {
    return undefined;
  }
}
