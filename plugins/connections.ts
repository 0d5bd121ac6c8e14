import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { SocketPlaces } from '../src/lib/socket-places.ts';
import { throttled } from '../src/lib/throttled.ts';
import type { CallerIdentity } from '../src/tls/certificate-identity.ts';
import { ClientConnection } from '../src/tls/client-connection.ts';
import { peerCertificate } from '../src/tls/peer-certificate.ts';

/** Reads the identity of a connection; a connection without TLS, as in tests by inject, has no certificate. */
export type Identify = (certificate: X509Certificate | undefined) => CallerIdentity;

export interface ConnectionOptions {
  readonly identify: Identify;
  /** Open connections of clients with a verified certificate; more are closed as soon as they are made. */
  readonly maxConnections: number;
  /** Of one user at a time; more are closed as soon as they are made. */
  readonly maxConnectionsPerClient: number;
  /** Handshakes under way, in all and of one address: the oldest makes room for the next. */
  readonly maxHandshakes: number;
  readonly maxHandshakesPerAddress: number;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Those of clients with a verified certificate. */
    readonly clientConnections: ReadonlyMap<Socket, ClientConnection>;
    /** The connection of a request that Fastify refuses before it has its `clientConnection`. */
    connectionOf(socket: Socket): ClientConnection;
    /** Closes the connections whose certificate no longer passes, each after its running answer. */
    recheckClients(passes: (certificate: X509Certificate) => boolean): void;
    /**
     * Whether an answer to bytes that are no request, or not the whole of one, may be written to a connection. Where it
     * would be taken for the answer to another request, the connection is closed instead, after its running answers.
     */
    mayAnswerFailure(socket: Socket): boolean;
    /** Closes every connection, each after its running answer, and every new one at once. */
    closeConnections(): void;
  }
  interface FastifyRequest {
    /** The connection that the request came on. */
    readonly clientConnection: ClientConnection;
  }
}

/**
 * Knows every connection: whose it is, how many a client has, and which have to go. Sockets that have made no handshake
 * have places of their own: they take none from clients with a certificate.
 */
export default fastifyPlugin(
  function connectionsPlugin(app: FastifyInstance, options: ConnectionOptions, done) {
    const { identify, maxConnections, maxConnectionsPerClient } = options;
    const connections = new Map<Socket, ClientConnection>();
    /** Those that are closed as well, as requests outlive them, and those of requests by inject. */
    const known = new WeakMap<Socket, ClientConnection>();
    const counts = new Map<string, number>();
    const handshakes = new SocketPlaces(options.maxHandshakes, options.maxHandshakesPerAddress);
    /** Those of the handshakes, by address and port of the client: nothing else leads there from a TLS socket. */
    const unverified = new Map<string, Socket>();
    let closingAll = false;

    const warnOfHandshake = throttled((line) => app.log.warn(line, 'refused a TLS handshake'));
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
    // A TCP socket where the handshake was not begun.
    app.server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      const refusal = socket instanceof TLSSocket ? socket.authorizationError : undefined;
      const reason = refusal ?? error.code ?? error.message;
      warnOfHandshake({ reason: String(reason), address: socket.remoteAddress });
    });
    app.server.on('secureConnection', (socket: TLSSocket) => {
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
      const connection = new ClientConnection(socket, identify(certificate), certificate);
      known.set(socket, connection);
      return connection;
    }

    const connectionOf = (socket: Socket) => known.get(socket) ?? describe(socket);
    app.decorateRequest('clientConnection', {
      getter() {
        return connectionOf(this.raw.socket);
      },
    });
    app.decorate('connectionOf', connectionOf);
    app.decorate('clientConnections', connections);
    app.decorate('recheckClients', (passes) => {
      for (const connection of connections.values()) {
        if (connection.certificate !== undefined && !passes(connection.certificate)) connection.closeIfIdle();
      }
    });
    app.decorate('mayAnswerFailure', (socket) => {
      const connection = connections.get(socket);
      if (connection === undefined) {
        // Before the end of its handshake: nothing can be written, and Node leaves it to us to close it.
        socket.destroy();
        return false;
      }
      const { running, latest } = connection;
      if (latest === undefined) return true;
      if (running.size === 1 && running.has(latest) && !latest.req.complete && !latest.headersSent)
        return true;
      connection.closeIfIdle();
      return false;
    });
    app.decorate('closeConnections', () => {
      closingAll = true;
      for (const socket of unverified.values()) socket.destroy();
      for (const connection of connections.values()) connection.closeIfIdle();
    });
    done();
  },
  { name: 'connections', fastify: '5.x' },
);

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** The verified certificate. A resumed session would show none: then the connection has none either. */
function certificateOf(socket: Socket): X509Certificate | undefined {
  return socket instanceof TLSSocket && socket.authorized ? peerCertificate(socket) : undefined;
}
