import { constants, type X509Certificate } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';
import { encodePem } from '../lib/pem.ts';
import { type Authority, isValidNow } from './authority.ts';
import type { RevocationList } from './revocation-list.ts';

/** The contents of the files; undefined for a file that cannot be read, and for a CRL file that is not configured. */
export interface TlsContents {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly clientCa?: string | undefined;
  readonly crl?: string | undefined;
}

/** A usable set of files. OpenSSL is given what was found in the files, not the files. */
export interface TlsMaterial {
  /** What it was read from. */
  readonly contents: TlsContents;
  /** The server's certificate, followed by its intermediates. */
  readonly chain: readonly [own: X509Certificate, ...intermediates: X509Certificate[]];
  /** PEM. */
  readonly key: string;
  /** The certificates of the client CA bundle. */
  readonly authorities: readonly Authority[];
  /** Those of `authorities` at which a path may end. */
  readonly anchors: readonly Authority[];
  /** Those of `anchors` that OpenSSL is told to trust although their root is not there: see `trustedNow`. */
  readonly trusted: readonly Authority[];
  /** The revocation lists of all authorities. Undefined: revocation is not checked. */
  readonly crls?: readonly RevocationList[] | undefined;
}

/** The suites of TLS 1.3 that every modern client supports. The server accepts no older version. */
const CIPHERS = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];
/** What follows the certificate in a TRUSTED CERTIFICATE (CertAux of OpenSSL), in hexadecimal: trusted for clientAuth. */
const TRUSTED_FOR_CLIENTS = '300c300a06082b06010505070302';

/**
 * The options that decide every handshake: TLS 1.3 only, clients of the given CA only, no revoked client.
 * `setSecureContext` resets every option that it is not given, so always pass it all of these.
 */
export function secureContextOptions({
  chain,
  key,
  authorities,
  trusted,
  crls,
}: TlsMaterial): SecureContextOptions & { readonly cert: string; readonly key: string } {
  return {
    cert: chain.map(String).join(''),
    key,
    ca: authorities.map((authority) =>
      trusted.includes(authority) ? trustedPem(authority) : `${authority.certificate}`,
    ),
    // Pass the CRLs one by one: Node reads only the first of several CRLs in one string (nodejs/node#65576).
    ...(crls === undefined ? {} : { crl: crls.map(({ pem }) => pem) }),
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ciphers: CIPHERS.join(':'),
    // Do not offer session tickets: a resumed session presents no certificate, so a revoked client could come back.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

/**
 * The issuing CAs among the anchors that are valid now. OpenSSL checks neither the dates nor the extendedKeyUsage of a
 * certificate that it is told to trust. So anchors are for clients, and when others are valid, a new context is due.
 */
export function trustedNow(anchors: readonly Authority[]): readonly Authority[] {
  return anchors.filter(({ isRoot, certificate }) => !isRoot && isValidNow(certificate));
}

/**
 * A certificate that OpenSSL trusts though its issuer is not known. `allowPartialTrustChain` would do the same, but Node
 * has it in the contexts for server names only: not in that of createServer and setSecureContext, which serves the
 * clients that connect to an IP address.
 */
function trustedPem({ certificate }: Authority): string {
  const content = Buffer.concat([certificate.raw, Buffer.from(TRUSTED_FOR_CLIENTS, 'hex')]);
  return encodePem('TRUSTED CERTIFICATE', content);
}
