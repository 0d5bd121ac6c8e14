import type { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import { peerCertificate } from '../../../src/tls/peer-certificate.ts';
import type { TlsMaterial } from '../../../src/tls/secure-context.ts';
import { tlsServerOptions } from '../../../src/tls/server-options.ts';
import { defaultLimits } from '../limits.ts';

/** The certificate and key of a client, PEM. */
export interface ClientKeys {
  /** Its certificate, followed by the intermediates that it sends. */
  readonly cert: string;
  readonly key: string;
}

/** A plain HTTPS server with the options of src/tls. It answers every request with an empty 200. */
export class TlsServer {
  readonly server: Server;
  readonly port: number;
  /** The errors of failed handshakes, newest last. */
  readonly refusals: string[] = [];
  /** The certificate of the latest client. */
  certificate: X509Certificate | undefined;

  private constructor(server: Server) {
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
      this.refusals.push(String(socket.authorizationError ?? error.code));
    });
    server.on('secureConnection', (socket: TLSSocket) => {
      this.certificate = peerCertificate(socket);
    });
  }

  static async start(material: TlsMaterial, overrides: ServerOptions = {}): Promise<TlsServer> {
    const server = createServer(
      { ...tlsServerOptions(material, defaultLimits), ...overrides },
      (_request, response) => {
        response.end();
      },
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return new TlsServer(server);
  }

  /** Makes one request on a new connection. */
  async request(client: ClientKeys, options: ConnectionOptions = {}): Promise<Outcome> {
    const refusals = this.refusals.length;
    const { cert, key } = client;
    const target = { port: this.port, host: '127.0.0.1', servername: 'localhost' };
    const socket = connect({ ...target, cert, key, rejectUnauthorized: false, ...options });
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', () => {});
    let serial = '';
    socket.once('secureConnect', () => {
      serial = socket.getPeerX509Certificate()?.fingerprint256 ?? '';
    });
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    // Do not use once(): it would throw the error that the client gets for a refusal.
    await new Promise((resolve) => socket.once('close', resolve));
    if (text.startsWith('HTTP/1.1 200')) return { accepted: true, server: serial, reason: undefined };
    return { accepted: false, server: serial, reason: this.refusals[refusals] };
  }
}

export interface Outcome {
  readonly accepted: boolean;
  /** The fingerprint of the server certificate. */
  readonly server: string;
  /** The error of a failed request. */
  readonly reason: string | undefined;
}
