import type { Server } from 'node:net';

/**
 * Logs the errors of a listener once it listens, such as having no file descriptor for a new connection. Unhandled,
 * such an error would end the process.
 */
export function logListenerErrors(server: Server, log: (context: object) => void): void {
  server.once('listening', () => server.on('error', (err) => log({ err })));
}
