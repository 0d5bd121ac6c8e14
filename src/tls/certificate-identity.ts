import type { X509Certificate } from 'node:crypto';

/** Who calls: a client, or somebody whose certificate does not let them in. */
export type CallerIdentity = Identity | RefusedIdentity;

/** A client as Kubernetes reads it from a certificate: CN is the user, each O a group. */
export interface Identity {
  readonly kind: 'client';
  readonly user: string;
  readonly groups: readonly string[];
}

/** A connection without a certificate that identifies a client who may come in. */
export interface RefusedIdentity {
  readonly kind: 'refused';
  readonly reason: RefusalReason;
}

export type RefusalReason = 'unusable' | 'reserved' | 'notAllowed';

/** What is asked of client certificates besides a verified chain. */
export interface IdentityPolicy {
  /** Users and groups that begin with `system:` and are let in all the same; exact names. */
  readonly allowedReserved: readonly string[];
  /** Patterns of a CN or of a URI among the subjectAltNames, `*` for any characters; empty: everybody. */
  readonly allowedClients: readonly string[];
}

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
/** `system:masters` above all: a CA for clients of this service must not be able to mint administrators of clusters. */
const RESERVED_PREFIX = 'system:';
/** Of the API server: every user that it has authenticated is in it. */
const AUTHENTICATED = 'system:authenticated';
const MAX_NAME_LENGTH = 256;
/** User and groups together, in characters: they stand in every audit line and in every access review. */
const MAX_NAMES_LENGTH = 8 * 1024;

/** Reads who calls from a verified certificate; undefined: the connection has none. */
export function identify(certificate: X509Certificate | undefined, policy: IdentityPolicy): CallerIdentity {
  if (certificate === undefined) return refused('unusable');
  const { CN: user, O } = subjectOf(certificate);
  // OpenSSL lets a certificate without any extendedKeyUsage pass for a client's.
  if (!certificate.keyUsage?.includes(CLIENT_AUTH)) return refused('unusable');
  if (typeof user !== 'string' || !isName(user)) return refused('unusable');
  const groups = O === undefined ? [] : [O].flat();
  if (!groups.every(isName) || [user, ...groups].join('').length > MAX_NAMES_LENGTH)
    return refused('unusable');
  const reserved = [user, ...groups].filter((name) => name.startsWith(RESERVED_PREFIX));
  if (!reserved.every((name) => policy.allowedReserved.includes(name))) return refused('reserved');
  if (!isAllowed(user, certificate, policy.allowedClients)) return refused('notAllowed');
  return { kind: 'client', user, groups: [...groups, AUTHENTICATED] };
}

function refused(reason: RefusalReason): RefusedIdentity {
  return { kind: 'refused', reason };
}

/** The attributes of the subject; one that stands there several times is an array. */
function subjectOf(certificate: X509Certificate): { CN?: string | string[]; O?: string | string[] } {
  return certificate.toLegacyObject().subject;
}

/** A name that a person and a log can read: not empty, nothing that ends a line or changes how the rest of it looks. */
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

/** `*` stands for any characters; everything else for itself. */
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
