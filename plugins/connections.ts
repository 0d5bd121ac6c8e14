import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { LRUCache } from 'lru-cache';
import { SocketPlaces } from '../src/lib/socket-places.ts';
import { throttled } from '../src/lib/throttled.ts';
import { HandshakeLog } from '../src/observability/handshake-log.ts';
import type { CallerIdentity } from '../src/tls/certificate-identity.ts';
import { ClientConnection } from '../src/tls/client-connection.ts';
import { HandshakePeers } from '../src/tls/handshake-peers.ts';
import { HandshakesEnded, handshakeRefusal, verificationOf } from '../src/tls/handshake-refusal.ts';
import { peerCertificate } from '../src/tls/peer-certificate.ts';

/**
 * Reads the identity from the certificate of a connection. In tests that use inject there is no TLS and no certificate.
 */
export type Identify = (certificate: X509Certificate | undefined) => CallerIdentity;

export interface ConnectionOptions {
  readonly identify: Identify;
  /** Open connections of clients with a verified certificate. Further connections are closed at once. */
  readonly maxConnections: number;
  /** Open connections per user. Further connections are closed at once. */
  readonly maxConnectionsPerClient: number;
  /** Unfinished handshakes, in total and per address. A new one takes the place of the oldest. */
  readonly maxHandshakes: number;
  readonly maxHandshakesPerAddress: number;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The connections of clients with a verified certificate. */
    readonly clientConnections: ReadonlyMap<Socket, ClientConnection>;
    /** How handshakes have ended since the start, and how many have begun and not ended, for metrics. */
    readonly handshakes: { readonly ended: HandshakesEnded; readonly running: number };
    /** The connection of a socket, for requests that Fastify refuses before they have a `clientConnection`. */
    connectionOf(socket: Socket): ClientConnection;
    /** Closes the connections whose certificate no longer passes, each after its running answers; long-lived ones end. */
    recheckClients(passes: (certificate: X509Certificate) => boolean): void;
    /**
     * Whether an error may be written to a connection that has sent a malformed or incomplete request. If the client
     * would take the error for the answer to another request, the connection is closed instead, after its running
     * answers.
     */
    mayAnswerFailure(socket: Socket): boolean;
    /** Closes every connection, each after its running answers, and every new one at once. Long-lived answers end. */
    closeConnections(): void;
  }
  interface FastifyRequest {
    /** The connection that the request came on. */
    readonly clientConnection: ClientConnection;
  }
}

/** How many certificates are remembered. The least recently used is forgotten first. */
const MAX_IDENTITIES = 1_000;

/**
 * Tracks every connection: its client, how many connections a client has, and which must be closed. Sockets without a
 * finished handshake have separate limits, so that they take no places from clients with a certificate.
 */
export default fastifyPlugin(
  function connectionsPlugin(app: FastifyInstance, options: ConnectionOptions, done) {
    const { identify, maxConnections, maxConnectionsPerClient } = options;
    const connections = new Map<Socket, ClientConnection>();
    /** Also contains closed connections, because requests outlive them, and the connections of requests by inject. */
    const known = new WeakMap<Socket, ClientConnection>();
    const counts = new Map<string, number>();
    /** By certificate. To read an identity takes a tenth of a handshake, and clients connect again and again. */
    const identities = new LRUCache<string, CallerIdentity>({ max: MAX_IDENTITIES });
    const handshakes = new SocketPlaces(options.maxHandshakes, options.maxHandshakesPerAddress);
    /** Sockets with an unfinished handshake, by address and port: a TLS socket does not refer to its TCP socket. */
    const unverified = new Map<string, Socket>();
    const handshakesEnded = new HandshakesEnded();
    let closingAll = false;

    const handshakeLog = new HandshakeLog(app.log);
    const peers = new HandshakePeers(app.server);
    const warnOfTooMany = throttled((line) => app.log.warn(line, 'a client has too many connections'));
    app.server.on('connection', (socket: Socket) => {
      if (closingAll) return void socket.destroy();
      const peer = peerOf(socket);
      unverified.set(peer, socket);
      handshakes.add(socket);
      app.limited.connections.handshakes = handshakes.evicted;
      socket.once('close', () => {
        if (unverified.get(peer) === socket) unverified.delete(peer);
        handshakes.remove(socket);
      });
    });
    // The socket is a TCP socket if the handshake was not started.
    app.server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      const reason = handshakeRefusal(error, socket);
      handshakesEnded.refused[reason] += 1;
      const verification = socket instanceof TLSSocket ? verificationOf(socket) : undefined;
      const code = verification ?? error.code ?? error.message;
      handshakeLog.refused({ reason, code, ...peers.of(socket) });
    });
    app.server.on('secureConnection', (socket: TLSSocket) => {
      handshakesEnded.accepted += 1;
      const peer = peerOf(socket);
      const raw = unverified.get(peer);
      if (raw !== undefined) handshakes.remove(raw);
      unverified.delete(peer);
      const connection = describe(socket);
      const { client } = connection;
      const count = (counts.get(client) ?? 0) + 1;
      if (count > maxConnectionsPerClient || connections.size >= maxConnections) {
        app.limited.connections.too_many += 1;
        warnOfTooMany({ client, connections: count - 1 });
        return void socket.destroy();
      }
      connections.set(socket, connection);
      counts.set(client, count);
      socket.once('close', () => {
        connections.delete(socket);
        const left = (counts.get(client) ?? 1) - 1;
        if (left === 0) counts.delete(client);
        else counts.set(client, left);
      });
    });

    function describe(socket: Socket): ClientConnection {
      const certificate = certificateOf(socket);
      const connection = new ClientConnection(socket, identityIn(certificate), certificate);
      known.set(socket, connection);
      return connection;
    }

    /** The verified certificate; undefined: there is none, which is also the case in a resumed session. */
    function certificateOf(socket: Socket): X509Certificate | undefined {
      if (!(socket instanceof TLSSocket && socket.authorized)) return undefined;
      return peers.of(socket).certificate ?? peerCertificate(socket);
    }

    function identityIn(certificate: X509Certificate | undefined): CallerIdentity {
      if (certificate === undefined) return identify(undefined);
      const known = identities.get(certificate.fingerprint256);
      if (known !== undefined) return known;
      const identity = identify(certificate);
      identities.set(certificate.fingerprint256, identity);
      return identity;
    }

    const connectionOf = (socket: Socket) => known.get(socket) ?? describe(socket);
    app.decorateRequest('clientConnection', {
      getter() {
        return connectionOf(this.raw.socket);
      },
    });
    app.addHook('onClose', async () => handshakeLog.end());
    app.decorate('connectionOf', connectionOf);
    app.decorate('clientConnections', connections);
    app.decorate('handshakes', {
      ended: handshakesEnded,
      get running() {
        return handshakes.size;
      },
    });
    app.decorate('recheckClients', (passes) => {
      for (const connection of connections.values()) {
        if (connection.certificate !== undefined && !passes(connection.certificate))
          connection.closeIfIdle('revoked');
      }
    });
    app.decorate('mayAnswerFailure', (socket) => {
      const connection = connections.get(socket);
      if (connection === undefined) {
        // Its handshake has not finished, so nothing can be written. Node does not close it.
        socket.destroy();
        return false;
      }
      const { running, latest } = connection;
      if (latest === undefined) return true;
      if (running.size === 1 && running.has(latest) && !latest.req.complete && !latest.headersSent)
        return true;
      connection.closeIfIdle('malformed');
      return false;
    });
    app.decorate('closeConnections', () => {
      closingAll = true;
      for (const socket of unverified.values()) socket.destroy();
      for (const connection of connections.values()) connection.closeIfIdle('drain');
    });
    done();
  },
  { name: 'connections', fastify: '5.x' },
);

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
