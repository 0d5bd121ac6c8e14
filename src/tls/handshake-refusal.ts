import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** Why a handshake can fail, for people. Metrics use the names, so their set is fixed. */
export const HANDSHAKE_REFUSALS = {
  no_certificate: 'the client has sent no certificate',
  expired: 'the certificate of the client, or one above it, has expired',
  not_yet_valid: 'the certificate of the client, or one above it, is not yet valid',
  untrusted: 'no CA of the client CA bundle has issued the certificate for TLS clients',
  revoked: 'a CRL revokes the certificate of the client',
  crl: 'the CRL of the issuer cannot be used, or it has expired',
  protocol: 'the client speaks another version of TLS, or makes errors in it',
  not_tls: 'the client does not speak TLS',
  timeout: 'the handshake took too long',
  disconnected:
    'the connection ended before the handshake did; a client that does not trust the service ends it so',
  other: 'anything else',
} as const;

export type HandshakeRefusal = keyof typeof HANDSHAKE_REFUSALS;

/** Counts the handshakes since the start. */
export class HandshakesEnded {
  accepted = 0;
  readonly refused: Record<HandshakeRefusal, number> = {
    no_certificate: 0,
    expired: 0,
    not_yet_valid: 0,
    untrusted: 0,
    revoked: 0,
    crl: 0,
    protocol: 0,
    not_tls: 0,
    timeout: 0,
    disconnected: 0,
    other: 0,
  };
}

/**
 * By the result of the verification of a certificate (X509_V_ERR_* of OpenSSL). Further results are `untrusted`, among them
 * UNABLE_TO_GET_CRL: every CA of the bundle has a CRL (crl-check.ts), so the issuer is none of them.
 */
const BY_VERIFICATION: Readonly<Record<string, HandshakeRefusal>> = {
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not_yet_valid',
  CERT_REVOKED: 'revoked',
  CRL_HAS_EXPIRED: 'crl',
  CRL_NOT_YET_VALID: 'crl',
  CRL_SIGNATURE_FAILURE: 'crl',
  ERROR_IN_CRL_LAST_UPDATE_FIELD: 'crl',
  ERROR_IN_CRL_NEXT_UPDATE_FIELD: 'crl',
};
const BY_CODE: Readonly<Record<string, HandshakeRefusal>> = {
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'no_certificate',
  ERR_SSL_HTTP_REQUEST: 'not_tls',
  ERR_SSL_HTTPS_PROXY_REQUEST: 'not_tls',
  ERR_SSL_WRONG_VERSION_NUMBER: 'not_tls',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'timeout',
  ECONNRESET: 'disconnected',
  ECONNABORTED: 'disconnected',
  EPIPE: 'disconnected',
  ETIMEDOUT: 'disconnected',
};

/**
 * Why a handshake was refused, from an event `tlsClientError` of the server.
 * @param socket the TCP socket if the handshake was not started, because the client sent nothing in time
 */
export function handshakeRefusal({ code }: NodeJS.ErrnoException, socket: Socket): HandshakeRefusal {
  if (!(socket instanceof TLSSocket)) return 'timeout';
  // Node ends such a handshake by itself, and its error says only that the connection has ended.
  const verification = verificationOf(socket);
  if (verification !== undefined) return BY_VERIFICATION[verification] ?? 'untrusted';
  if (code === undefined) return 'other';
  const known = BY_CODE[code];
  if (known !== undefined) return known;
  if (!code.startsWith('ERR_SSL_')) return 'other';
  // The client has said by an alert why it goes.
  return code.includes('_ALERT_') ? 'disconnected' : 'protocol';
}

/** What OpenSSL found wrong with the certificate of the client, for example CERT_REVOKED; undefined: nothing. */
export function verificationOf(socket: TLSSocket): string | undefined {
  // Node's types take it for an Error.
  const found: unknown = socket.authorizationError;
  return typeof found === 'string' ? found : undefined;
}
