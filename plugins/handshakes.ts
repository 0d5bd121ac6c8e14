import type { Socket } from 'node:net';
import { Server } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { ParseTurns } from '../src/lib/parse-turns.ts';
import { networkOf } from '../src/lib/socket-places.ts';

export interface HandshakeOptions {
  /** A client has so long to send something, and as long again for the handshake. */
  readonly handshakeTimeoutSeconds: number;
}

/**
 * Starts the TLS handshake of a connection once its client has sent something, and in turns by address. Node would start
 * it at once: sockets that send nothing would cost a TLS state each, and a crowd that comes from one address would keep
 * others waiting while it is served.
 */
export default fastifyPlugin(
  function handshakesPlugin(app: FastifyInstance, { handshakeTimeoutSeconds }: HandshakeOptions, done) {
    const { server } = app;
    // In tests by inject there is no TLS.
    if (!(server instanceof Server)) return done();
    const turns = new ParseTurns();
    // Node's own listener; it takes what has been sent already.
    const [startHandshake, ...others] = server.listeners('connection');
    if (startHandshake === undefined || others.length > 0)
      throw new Error('the plugin handshakes has to be the first to listen for connections');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      const turn = {
        client: networkOf(socket),
        parsePiece() {
          // It may have lost its place, and not be closed yet.
          if (!socket.destroyed) Reflect.apply(startHandshake, server, [socket]);
          return false;
        },
      };
      // As Node tells of a handshake that takes too long. Whoever hears of it closes the socket.
      const tooLate = () => server.emit('tlsClientError', new Error('nothing was sent'), socket);
      socket.setTimeout(handshakeTimeoutSeconds * 1000, tooLate);
      socket.on('error', () => {}); // 'close' follows, and is all that matters
      socket.once('close', () => turns.remove(turn));
      socket.once('readable', () => {
        socket.setTimeout(0, tooLate);
        // With nothing to read it is the end that has come.
        if (socket.readableLength === 0) socket.destroy();
        else if (turns.take(turn)) turn.parsePiece();
      });
    });
    done();
  },
  { name: 'handshakes', fastify: '5.x' },
);
