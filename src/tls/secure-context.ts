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
  /** The file as it is. */
  readonly pem: string;
  readonly lists: readonly RevocationList[];
}

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
