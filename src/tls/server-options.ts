import { constants } from 'node:crypto';
import type { ServerOptions } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import type { Limits } from '../limits.ts';
import type { TlsMaterial } from './material.ts';

/** The suites of TLS 1.3 that every modern client has; nothing older is spoken. */
const CIPHERS = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

/**
 * What decides every handshake: TLS 1.3 only, the clients of the given CA, none that is revoked. For `setSecureContext`,
 * which forgets whatever it is not told again: give it all of this.
 */
export function secureContextOptions({
  cert,
  key,
  clientCa,
  crl,
}: TlsMaterial): SecureContextOptions & { readonly cert: string; readonly key: string } {
  return {
    cert,
    key,
    ca: clientCa,
    // One by one: of several CRLs in one string Node reads the first alone (nodejs/node#65576).
    ...(crl === undefined ? {} : { crl: crl.lists.map(({ pem }) => pem) }),
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ciphers: CIPHERS.join(':'),
    // A resumed session shows no certificate on the wire, so a revoked client could come back: none are offered.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

/** Options of the mutual TLS server: its secure context, and a client certificate required and verified. */
export function tlsServerOptions(
  material: TlsMaterial,
  limits: Pick<Limits, 'handshakeTimeoutSeconds' | 'headersTimeoutSeconds' | 'maxHeaderBytes'>,
): ServerOptions {
  return {
    ...secureContextOptions(material),
    requestCert: true,
    rejectUnauthorized: true,
    handshakeTimeout: limits.handshakeTimeoutSeconds * 1000,
    headersTimeout: limits.headersTimeoutSeconds * 1000,
    maxHeaderSize: limits.maxHeaderBytes,
  };
}
