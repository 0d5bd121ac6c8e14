import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ConnectError } from './connect-error.ts';
import { expired } from './identity.ts';

/** One exchange with the service, for what is said of its failure. */
export interface Exchange {
  readonly server: URL;
  /** The host of the proxy that HTTPS_PROXY names. Whether NO_PROXY leaves it out is not known here. */
  readonly proxy: string | undefined;
  /** Where the client certificate comes from. */
  readonly from: string;
  /** The client certificate, if the connection came so far. */
  readonly certificate: X509Certificate | undefined;
  /** The request may have reached the service, and changes something there. */
  readonly sentWrite: boolean;
  /** The answer has begun. */
  readonly answered: boolean;
}

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

const UNTRUSTED = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'INVALID_CA',
]);

/** What TLS alerts say of the client certificate (RFC 8446, section 6.2). */
const ALERTS: readonly (readonly [RegExp, string])[] = [
  [/ALERT_CERTIFICATE_REVOKED/, 'it is revoked. Ask for a new one'],
  [
    /ALERT_UNKNOWN_CA/,
    'its CA is not one that the service accepts. Take a certificate that this service knows',
  ],
  [/ALERT_CERTIFICATE_REQUIRED/, 'none reached it. Something in between may end TLS: ask those who run it'],
  [
    /ALERT_(BAD|UNSUPPORTED)_CERTIFICATE|ALERT_CERTIFICATE_UNKNOWN/,
    'it does not serve for this. It must be one for clients (extended key usage clientAuth), of a CA that the service accepts',
  ],
];

/** What a failed exchange means to the caller, and what to do about it. */
export function connectError(error: unknown, exchange: Exchange): ConnectError {
  if (error instanceof ConnectError) return error;
  const tls = tlsText(error);
  const refusal = exchange.answered ? undefined : (alertText(tls, exchange) ?? unusable(exchange));
  if (refusal !== undefined) return new ConnectError(refusal, { cause: error });
  const message = messageOf(error, tls, exchange);
  return new ConnectError(message, { cause: error, outcomeUnknown: exchange.sentWrite });
}

function messageOf(error: unknown, tls: string, exchange: Exchange): string {
  const { server, proxy } = exchange;
  const code = codeOf(error);
  const detail = error instanceof Error ? error.message : String(error);
  const where = proxy === undefined ? server.host : `${server.host} or the proxy ${proxy}`;
  const remedy =
    proxy === undefined
      ? 'Check the URL (`scaler config show`, --server), and whether the service runs'
      : 'Check HTTPS_PROXY; NO_PROXY names hosts without a proxy';
  if (code === 'ECONNREFUSED') return `Nothing listens at ${where}. ${remedy}`;
  if (code === 'ENOTFOUND') return `The name of ${where} is not known to DNS. ${remedy}`;
  if (code === 'EAI_AGAIN') return `DNS does not answer for ${where}. Check the network, and try again`;
  if (code === 'ETIMEDOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH') {
    return `${where} cannot be reached (${code}). Check the network, a VPN or a firewall, and the URL`;
  }
  if (code === 'ERR_PROXY_TUNNEL')
    return `The proxy ${proxy} does not lead to ${server.host}: ${detail}. ${remedy}`;
  if (UNTRUSTED.has(code)) {
    return (
      `The certificate of ${server.host} is signed by a CA that is not trusted here (${code}). ` +
      'If this is the right server, name the CA that signs its certificate: --ca FILE'
    );
  }
  if (code === 'CERT_HAS_EXPIRED') {
    return `The certificate of the server ${server.host} has expired. Tell those who run the service`;
  }
  if (code === 'CERT_NOT_YET_VALID') {
    return `The certificate of the server ${server.host} is not valid yet. Check the clock of this machine`;
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `The certificate of ${server.host} is for other names: ${detail}. Use one of them in --server`;
  }
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/.test(tls) || code.startsWith('HPE_')) {
    return `${server.host} does not speak HTTPS. Check the port in --server`;
  }
  return lostText(code, detail, exchange);
}

/** What OpenSSL says, in the form of an error code: Node puts it into the code or, for some errors, into the message. */
function tlsText(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  return `${codeOf(error)} ${message}`.toUpperCase().replaceAll(' ', '_');
}

function alertText(tls: string, { server, from, certificate }: Exchange): string | undefined {
  if (!tls.includes('_ALERT_')) return undefined;
  if (tls.includes('ALERT_CERTIFICATE_EXPIRED') && certificate !== undefined) {
    return expired(from, certificate.validToDate);
  }
  const [, reason] = ALERTS.find(([pattern]) => pattern.test(tls)) ?? [];
  if (reason !== undefined) return `${server.host} refused the client certificate in ${from}: ${reason}`;
  const [alert = ''] = /ALERT_\w+/.exec(tls) ?? [];
  return `${server.host} refused the connection by TLS (${alert}). It may not be this service: check the URL`;
}

/** Why the service refuses this client certificate for certain. It only closes the connection then. */
function unusable({ from, certificate }: Exchange): string | undefined {
  if (certificate === undefined) return undefined;
  const { validToDate, keyUsage } = certificate;
  if (validToDate.getTime() < Date.now()) return expired(from, validToDate);
  // Absent or empty: for all purposes, of which the service asks for this one.
  if (keyUsage?.includes(CLIENT_AUTH)) return undefined;
  return `The client certificate in ${from} is not one for clients (extended key usage clientAuth). Ask for one that is`;
}

/** The deadline of a step is over. */
export function tooSlow(step: string, { server, sentWrite, proxy }: Exchange): ConnectError {
  const remedy = sentWrite
    ? 'Whether the count was set is not known: read it with `scaler get`'
    : `Check the network and the URL${proxy === undefined ? '' : ', and HTTPS_PROXY'}, and try again`;
  return new ConnectError(`${server.host} ${step}. ${remedy}`, { outcomeUnknown: sentWrite });
}

/** What answers is another program. Undefined: it may be this service, or a proxy that cannot reach it. */
export function foreignAnswer(
  { statusCode = 0, headers }: IncomingMessage,
  { server }: Exchange,
): ConnectError | undefined {
  const { 'content-type': type = 'no content type', location } = headers;
  if (statusCode >= 500 || /^(application\/json|text\/event-stream)\b/.test(type)) return undefined;
  const what = location === undefined ? `status ${statusCode}, ${type}` : `a redirect to ${location}`;
  return new ConnectError(
    `${server.origin} answers, but it is not k8s-deployment-scaler (${what}). Check the port and the path in --server`,
  );
}

function lostText(
  code: string,
  detail: string,
  { server, sentWrite, answered, from, certificate }: Exchange,
): string {
  const closed = code === 'ECONNRESET' || code === 'EPIPE';
  if (closed && !answered && certificate !== undefined) {
    return (
      `${server.host} closed the connection without an answer, as it does if it refuses the client certificate in ${from} ` +
      `(${textOf(certificate)}): it may be revoked, or of a CA that the service does not know. ` +
      (sentWrite
        ? 'Then nothing was changed. Otherwise that is not known: read it with `scaler get`'
        : 'If not, try again')
    );
  }
  if (sentWrite) {
    return (
      `The connection to ${server.host} was lost before the answer (${code || detail}). Whether the count was set is not ` +
      'known: read it with `scaler get`'
    );
  }
  if (answered) return `The connection to ${server.host} was lost in the middle of an answer. Try again`;
  if (closed) return `${server.host} closed the connection without an answer. Check the URL, and try again`;
  return `No answer from ${server.host}: ${detail}`;
}

/** For a line of text: who it is, who issued it, and its serial number, with which it can be looked up. */
function textOf({ subject, issuer, serialNumber }: X509Certificate): string {
  const line = (name: string) => name.trim().replaceAll('\n', ', ');
  return `${line(subject)}; issued by ${line(issuer)}; serial number ${serialNumber}`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
