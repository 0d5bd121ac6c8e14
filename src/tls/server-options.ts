import type { ServerOptions } from 'node:https';
import { secureContextOptions, type TlsMaterial } from './secure-context.ts';

/** Limits for a client until its request has arrived. */
export interface TlsServerLimits {
  /** Time from the first byte of a client to the end of its handshake. */
  readonly handshakeTimeoutSeconds: number;
  /** Time for the headers of a request. */
  readonly headersTimeoutSeconds: number;
  /** Size of the headers of a request, including its URL. */
  readonly maxHeaderBytes: number;
}

/** Options of the mutual TLS server: its secure context, and that it requires and verifies a client certificate. */
export function tlsServerOptions(material: TlsMaterial, limits: TlsServerLimits): ServerOptions {
  return {
    ...secureContextOptions(material),
    requestCert: true,
    rejectUnauthorized: true,
    handshakeTimeout: limits.handshakeTimeoutSeconds * 1000,
    headersTimeout: limits.headersTimeoutSeconds * 1000,
    maxHeaderSize: limits.maxHeaderBytes,
  };
}
