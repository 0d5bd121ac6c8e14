import type { Socket } from 'node:net';
import { Server } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { ParseTurns } from '../src/lib/parse-turns.ts';
import { networkOf } from '../src/lib/socket-places.ts';

export interface HandshakeOptions {
  /** How long a client may take to send its first byte, and how long it may then take for the handshake. */
  readonly handshakeTimeoutSeconds: number;
}

/**
 * Starts the TLS handshake of a connection once its client has sent something, and lets addresses take turns. Node
 * itself would start it at once: each socket that sends nothing would cost a TLS state, and a crowd of clients at one
 * address would keep all others waiting.
 */
export default fastifyPlugin(
  function handshakesPlugin(app: FastifyInstance, { handshakeTimeoutSeconds }: HandshakeOptions, done) {
    const { server } = app;
    // Tests that use inject have no TLS server.
    if (!(server instanceof Server)) return done();
    const turns = new ParseTurns();
    // Node's own listener. It also reads the bytes that have arrived before it is called.
    const [startHandshake, ...others] = server.listeners('connection');
    if (startHandshake === undefined || others.length > 0)
      throw new Error('the plugin handshakes must be the first listener for connections');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      const turn = {
        client: networkOf(socket),
        hasBegunRequest: false,
        parsePiece() {
          // The socket may have lost its place, in which case its 'close' event is still to come.
          if (!socket.destroyed) Reflect.apply(startHandshake, server, [socket]);
          return false;
        },
      };
      // Node reports a handshake that takes too long by the same event. Its listeners close the socket.
      const tooLate = () => server.emit('tlsClientError', new Error('nothing was sent'), socket);
      socket.setTimeout(handshakeTimeoutSeconds * 1000, tooLate);
      socket.on('error', () => {}); // 'close' follows, and does all that is needed
      socket.once('close', () => turns.remove(turn));
      socket.once('readable', () => {
        socket.setTimeout(0, tooLate);
        // 'readable' without any bytes means that the client has ended the connection.
        if (socket.readableLength === 0) socket.destroy();
        else if (turns.take(turn)) turn.parsePiece();
      });
    });
    done();
  },
  { name: 'handshakes', fastify: '5.x' },
);
