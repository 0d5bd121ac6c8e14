import type { ServerOptions } from 'node:https';
import { secureContextOptions, type TlsMaterial } from './secure-context.ts';

/** What a client may take before its request has been read. */
export interface TlsServerLimits {
  /** From the first byte of a client to the end of its handshake. */
  readonly handshakeTimeoutSeconds: number;
  /** For the headers of a request. */
  readonly headersTimeoutSeconds: number;
  /** Headers of a request, its URL included. */
  readonly maxHeaderBytes: number;
}

/** Options of the mutual TLS server: its secure context, and a client certificate required and verified. */
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
