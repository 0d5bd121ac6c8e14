import type { X509Certificate } from 'node:crypto';

/** The caller of a request: a client, or a connection whose certificate does not let it in. */
export type CallerIdentity = Identity | RefusedIdentity;

/**
 * A client as Kubernetes reads it from a certificate: the last CN is the user, each O a group. Other than in Kubernetes,
 * the user of a certificate without a CN may be its URI.
 */
export interface Identity {
  readonly kind: 'client';
  readonly user: string;
  readonly groups: readonly string[];
}

/** A connection without a certificate, or with one that does not name a permitted client. */
export interface RefusedIdentity {
  readonly kind: 'refused';
  readonly reason: RefusalReason;
}

export type RefusalReason = 'unusable' | 'reserved' | 'notAllowed';

/** What a client certificate must fulfil besides a verified chain. */
export interface IdentityPolicy {
  /** Users and groups that begin with `system:` and are permitted nevertheless; exact names. */
  readonly allowedReserved: readonly string[];
  /**
   * Patterns for the CN or a URI among the subjectAltNames, `*` for any characters; empty: every client. If one begins
   * with a scheme and `://`, a certificate without a CN is accepted too: its user is its URI. It must have no other URI, as
   * in SPIFFE.
   */
  readonly allowedClients: readonly string[];
}

/** The extended key usage clientAuth (RFC 5280, section 4.2.1.12). */
export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
/** Refused above all for `system:masters`: a CA for clients of this service must not create cluster administrators. */
const RESERVED_PREFIX = 'system:';
/** The group to which the API server adds every authenticated user. */
const AUTHENTICATED = 'system:authenticated';
const MAX_NAME_LENGTH = 256;
/** User and groups together, in characters, because every audit line and every access review contains them. */
const MAX_NAMES_LENGTH = 8 * 1024;

/** Reads the caller from a verified certificate; undefined: the connection has none. */
export function identify(certificate: X509Certificate | undefined, policy: IdentityPolicy): CallerIdentity {
  if (certificate === undefined) return refused('unusable');
  const { CN, O } = subjectOf(certificate);
  // OpenSSL lets a certificate without any extendedKeyUsage pass for a client's.
  if (!certificate.keyUsage?.includes(CLIENT_AUTH)) return refused('unusable');
  const commonName = [CN].flat().at(-1);
  const patterns = commonName ? policy.allowedClients : policy.allowedClients.filter(isForUris);
  const user = commonName || onlyUriOf(certificate, patterns);
  if (user === undefined || !isName(user)) return refused('unusable');
  const groups = O === undefined ? [] : [O].flat();
  if (!groups.every(isName) || [user, ...groups].join('').length > MAX_NAMES_LENGTH)
    return refused('unusable');
  const reserved = [user, ...groups].filter((name) => name.startsWith(RESERVED_PREFIX));
  if (!reserved.every((name) => policy.allowedReserved.includes(name))) return refused('reserved');
  if (!isAllowed(user, certificate, patterns)) return refused('notAllowed');
  return { kind: 'client', user, groups: [...groups, AUTHENTICATED] };
}

function refused(reason: RefusalReason): RefusedIdentity {
  return { kind: 'refused', reason };
}

/** The attributes of the subject. An attribute that occurs several times is an array, in the order of the certificate. */
function subjectOf(certificate: X509Certificate): { CN?: string | string[]; O?: string | string[] } {
  return certificate.toLegacyObject().subject ?? {};
}

function isForUris(pattern: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(pattern);
}

/** The URI of a certificate that has one. Undefined if there are several, or no patterns for URIs. */
function onlyUriOf(certificate: X509Certificate, patterns: readonly string[]): string | undefined {
  const [uri, ...others] = urisOf(certificate);
  return patterns.length > 0 && others.length === 0 ? uri : undefined;
}

/** Whether people and logs can read the name: not empty, no line break, nothing that reorders the text after it. */
function isName(name: string): boolean {
  return (
    name.length > 0 && name.length <= MAX_NAME_LENGTH && !/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(name)
  );
}

function isAllowed(user: string, certificate: X509Certificate, patterns: readonly string[]): boolean {
  if (patterns.length === 0) return true;
  const names = [user, ...urisOf(certificate)];
  return patterns.some((pattern) => names.some((name) => matches(name, pattern)));
}

/** The URIs among the subjectAltNames. Node puts a name in JSON quotes where it could be mistaken for several. */
function urisOf({ subjectAltName }: X509Certificate): string[] {
  const uris: string[] = [];
  for (const [, name = ''] of (subjectAltName ?? '').matchAll(/(?:^|, )URI:("(?:[^"\\]|\\.)*"|[^,"]*)/g)) {
    uris.push(name.startsWith('"') ? String(JSON.parse(name)) : name);
  }
  return uris;
}

/** `*` matches any characters, every other character only itself. */
function matches(name: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return name === pattern;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  const last = rest.pop() ?? '';
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
