import type { Server } from 'node:net';

/**
 * Logs what goes wrong with a listener once it listens, such as no file descriptor for a new connection. Without this
 * the error would end the process.
 */
export function logListenerErrors(server: Server, log: (context: object) => void): void {
  server.once('listening', () => server.on('error', (err) => log({ err })));
}
