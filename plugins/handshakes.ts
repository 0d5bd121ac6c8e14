import type { Socket } from 'node:net';
import { Server } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { ParseTurns } from '../src/parse-turns.ts';
import { networkOf } from '../src/socket-places.ts';
import { throttled } from '../src/throttled.ts';

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
    const warn = throttled((line) => app.log.warn(line, 'refused a TLS handshake'));
    const startHandshake = takeHandshakes(server);
    server.on('connection', (socket: Socket) => {
      if (socket.destroyed) return;
      const turn = {
        client: networkOf(socket),
        parsePiece() {
          // It may have lost its place, and not be closed yet.
          if (!socket.destroyed) startHandshake(socket);
          return false;
        },
      };
      const tooLate = () => {
        warn({ reason: 'nothing was sent', address: socket.remoteAddress });
        socket.destroy();
      };
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
  { name: 'handshakes', dependencies: ['connections'], fastify: '5.x' },
);

/** Takes the start of the handshake out of the server, which was the first to listen to its own connections. */
function takeHandshakes(server: Server): (socket: Socket) => void {
  const [start, ...others] = server.listeners('connection').filter(isListener);
  if (start === undefined) throw new Error('the server starts no handshake');
  server.removeAllListeners('connection');
  for (const listener of others) server.on('connection', listener);
  // It takes what has been sent already.
  return (socket) => start.call(server, socket);
}

function isListener(listener: unknown): listener is (socket: Socket) => void {
  return typeof listener === 'function';
}
