import childProcess from 'node:child_process';
import dgram from 'node:dgram';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
// If X509Certificate.toLegacyObject is the first that needs it, Node leaves tls.createSecureContext undefined for good.
import 'node:tls';

/** The setup file of the project `unit`: whatever opens a socket or starts a process throws. */

function refuse(name: string): () => never {
  return () => {
    throw new Error(`${name}: a unit test opens no socket and starts no process; move it to test/service`);
  };
}

// Connections of tls, http and undici, and every kind of server, go through these two.
net.Socket.prototype.connect = refuse('net.Socket.connect');
net.Server.prototype.listen = refuse('net.Server.listen');
for (const method of ['bind', 'connect', 'send'] as const)
  dgram.Socket.prototype[method] = refuse(`dgram.Socket.${method}`);

// By name, and for functions that were promisified or imported before this file ran.
for (const name of ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork'] as const)
  Object.assign(childProcess, { [name]: refuse(`child_process.${name}`) });
Object.assign(childProcess.ChildProcess.prototype, { spawn: refuse('child_process.ChildProcess.spawn') });
// Named imports read the exports of a built-in module from a copy.
syncBuiltinESMExports();
