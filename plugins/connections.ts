import type { X509Certificate } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { Identity, IdentityRefusal } from '../src/identity.ts';

/** Reads the identity of a connection; a connection without TLS, as in tests by inject, has no certificate. */
export type Identify = (certificate: X509Certificate | undefined) => Identity | IdentityRefusal;

export interface ConnectionOptions {
  readonly identify: Identify;
  /** Open connections in all; more are not accepted. */
  readonly maxConnections: number;
  /** Open connections of one user at a time; more are closed as soon as they are made. */
  readonly maxConnectionsPerClient: number;
  /** A connection older than this is closed after its next answer. Seconds. */
  readonly maxConnectionAgeSeconds: number;
}

/** One connection of a client. What is looked up here once costs nothing per request. */
export interface Connection {
  readonly identity: Identity | IdentityRefusal;
  readonly certificate: X509Certificate | undefined;
  readonly openedAt: number;
  /** Requests without an answer yet. */
  readonly running: Set<ServerResponse>;
  /** The answer to the newest request, as long as that has not both come in and been answered. */
  latest: ServerResponse | undefined;
  /** Whether it is closed as soon as no request runs. */
  closing: boolean;
}

declare module 'fastify' {
  interface FastifyInstance {
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
    readonly clientConnection: Connection;
  }
}

/** Knows every connection: whose it is, how many a client has, and which have to go. */
export default fastifyPlugin(
  function connectionsPlugin(app: FastifyInstance, options: ConnectionOptions, done) {
    const { identify, maxConnections, maxConnectionsPerClient, maxConnectionAgeSeconds } = options;
    app.server.maxConnections = maxConnections;
    const connections = new Map<Socket, Connection>();
    /** Those that never were a TLS socket of the server: requests by inject. */
    const injected = new WeakMap<Socket, Connection>();
    const counts = new Map<string, number>();
    let closingAll = false;

    const warnOfHandshake = throttledWarning(app.log, 'refused a TLS handshake');
    const warnOfTooMany = throttledWarning(app.log, 'a client has too many connections');
    app.server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
      const reason = socket.authorizationError ?? error.code ?? error.message;
      warnOfHandshake({ reason: String(reason), address: socket.remoteAddress });
    });
    app.server.on('secureConnection', (socket: TLSSocket) => {
      if (closingAll) return socket.destroy();
      const connection = describe(socket);
      connections.set(socket, connection);
      const client = typeof connection.identity === 'string' ? '' : connection.identity.user;
      const count = (counts.get(client) ?? 0) + 1;
      counts.set(client, count);
      socket.once('close', () => {
        connections.delete(socket);
        const left = (counts.get(client) ?? 1) - 1;
        if (left === 0) counts.delete(client);
        else counts.set(client, left);
      });
      if (count <= maxConnectionsPerClient) return;
      warnOfTooMany({ client });
      return socket.destroy();
    });

    function describe(socket: Socket): Connection {
      const certificate = certificateOf(socket);
      const identity = identify(certificate);
      return {
        identity,
        certificate,
        openedAt: performance.now(),
        running: new Set(),
        latest: undefined,
        closing: false,
      };
    }

    function closeIfIdle(socket: Socket, connection: Connection): void {
      connection.closing = true;
      if (connection.running.size === 0) socket.destroy();
    }

    app.decorateRequest('clientConnection', {
      getter() {
        const { socket } = this.raw;
        let connection = connections.get(socket) ?? injected.get(socket);
        if (connection === undefined) {
          connection = describe(socket);
          injected.set(socket, connection);
        }
        return connection;
      },
    });
    app.decorate('recheckClients', (passes) => {
      for (const [socket, connection] of connections) {
        if (connection.certificate !== undefined && !passes(connection.certificate))
          closeIfIdle(socket, connection);
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
      closeIfIdle(socket, connection);
      return false;
    });
    app.decorate('closeConnections', () => {
      closingAll = true;
      for (const [socket, connection] of connections) closeIfIdle(socket, connection);
    });

    app.addHook('onRequest', (request, reply, next) => {
      const connection = request.clientConnection;
      // The connection ends before this could be answered, so it must not be done either.
      if (connection.closing) {
        reply.hijack();
        return;
      }
      connection.running.add(reply.raw);
      connection.latest = reply.raw;
      next();
    });
    app.addHook('onSend', (request, reply, _payload, next) => {
      const connection = request.clientConnection;
      const age = performance.now() - connection.openedAt;
      if (connection.closing || age > maxConnectionAgeSeconds * 1000) reply.header('connection', 'close');
      next();
    });
    app.addHook('onResponse', (request, reply, next) => {
      const connection = request.clientConnection;
      connection.running.delete(reply.raw);
      if (connection.latest === reply.raw && request.raw.complete) connection.latest = undefined;
      // Where the answer had begun before the connection was to close. Once it is sent, and not only this side of it: a
      // client that goes on sending would else be listened to.
      if (connection.closing && connection.running.size === 0) request.raw.socket.destroySoon();
      next();
    });
    done();
  },
  { name: 'connections', fastify: '5.x' },
);

/** The verified certificate. A resumed session would show none: then the connection has none either. */
function certificateOf(socket: Socket): X509Certificate | undefined {
  return socket instanceof TLSSocket && socket.authorized ? socket.getPeerX509Certificate() : undefined;
}

/** At most one line a second, with how many times it stands for: nobody must be able to fill the log. */
function throttledWarning(log: FastifyInstance['log'], message: string): (context: object) => void {
  let times = 0;
  let loggedAt = Number.NEGATIVE_INFINITY;
  return (context) => {
    times += 1;
    if (performance.now() - loggedAt < 1_000) return;
    loggedAt = performance.now();
    log.warn({ ...context, times }, message);
    times = 0;
  };
}
