import { constants } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';
import type { RevocationList } from './revocation-list.ts';

/** A usable set of files. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string;
  readonly crl?: RevocationLists | undefined;
}

/** The revocation lists of all authorities. */
export interface RevocationLists {
  /** The unchanged content of the file. */
  readonly pem: string;
  readonly lists: readonly RevocationList[];
}

/** The suites of TLS 1.3 that every modern client supports. The server accepts no older version. */
const CIPHERS = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

/**
 * The options that decide every handshake: TLS 1.3 only, clients of the given CA only, no revoked client.
 * `setSecureContext` resets every option that it is not given, so always pass it all of these.
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
    // Pass the CRLs one by one: Node reads only the first of several CRLs in one string (nodejs/node#65576).
    ...(crl === undefined ? {} : { crl: crl.lists.map(({ pem }) => pem) }),
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ciphers: CIPHERS.join(':'),
    // Do not offer session tickets: a resumed session presents no certificate, so a revoked client could come back.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}
