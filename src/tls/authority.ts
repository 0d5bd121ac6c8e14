import type { X509Certificate } from 'node:crypto';
import { CLIENT_AUTH } from './certificate-identity.ts';
import { type CrlSubject, readCrlSubject } from './crl-scope.ts';
import { DerReader, type Extension, readExtensions, readName, Tag } from './der.ts';

const KEY_IDENTIFIER = '551d0e';
const KEY_USAGE = '551d0f';
const BASIC_CONSTRAINTS = '551d13';
const NAME_CONSTRAINTS = '551d1e';
const CRL_SIGN = 0b0000_0010;

/** A certificate of the client CA bundle, with the parts that X509Certificate of node:crypto does not show. */
export interface Authority extends CrlSubject {
  readonly certificate: X509Certificate;
  /** Its own name, for people and to compare with the issuer of a CRL. */
  readonly name: string;
  /** The identifier that it gives to its key, in hexadecimal. */
  readonly keyIdentifier: string | undefined;
  /** Whether it is its own issuer, by name and key identifier. */
  readonly isRoot: boolean;
  /** Whether its keyUsage, if it has one, lets it sign CRLs; OpenSSL insists on it. */
  readonly maySignCrls: boolean;
  /**
   * Whether it may limit what it issues by more than its dates and its two key usages: by name constraints or by a
   * critical extension that this service does not read.
   */
  readonly restrictsIssued: boolean;
}

/**
 * Reads a certificate of the bundle. A certificate that is not one of a CA is read too.
 * @throws DerError
 */
export function readAuthority(certificate: X509Certificate): Authority {
  const { name, extensions } = readCertificate(certificate);
  return {
    certificate,
    name,
    keyIdentifier: keyIdentifierIn(extensions.get(KEY_IDENTIFIER)),
    isRoot: certificate.checkIssued(certificate),
    maySignCrls: maySignCrls(extensions.get(KEY_USAGE)),
    restrictsIssued: [...extensions].some(restricts),
    ...readCrlSubject(extensions),
  };
}

/**
 * The authorities at which a path may end: the roots, or, in a bundle without a root, its issuing CAs. Those are the CAs
 * that no other CA of the bundle has issued. A bundle with a root has no others, even if the root has expired: its
 * intermediates are there to build paths, and must not outlive the trust in the root.
 */
export function anchorsOf(authorities: readonly Authority[]): readonly Authority[] {
  const roots = authorities.filter(({ isRoot }) => isRoot);
  if (roots.length > 0) return roots;
  const cas = authorities.filter(({ certificate }) => certificate.ca && isForClients(certificate));
  return cas.filter((authority) => !authorities.some((other) => hasIssued(other, authority.certificate)));
}

/** Whether the authority has issued the certificate, by name, key identifier and signature. */
export function hasIssued({ certificate: issuer }: Authority, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** Whether the certificate has not expired, and is valid already. */
export function isValidNow({ validFromDate, validToDate }: X509Certificate): boolean {
  const now = Date.now();
  return validFromDate.getTime() <= now && now <= validToDate.getTime();
}

/** Whether OpenSSL takes the certificate for one of clients, or of CAs of clients: no extendedKeyUsage is one for all. */
export function isForClients({ keyUsage }: X509Certificate): boolean {
  return keyUsage === undefined || keyUsage.includes(CLIENT_AUTH);
}

/**
 * What decides which CRLs cover the certificate.
 * @throws DerError
 */
export function crlSubjectOf(certificate: X509Certificate): CrlSubject {
  return readCrlSubject(readCertificate(certificate).extensions);
}

function readCertificate({ raw }: X509Certificate): { name: string; extensions: Map<string, Extension> } {
  const tbs = new DerReader(new DerReader(raw).take(Tag.sequence).content);
  const fields = new DerReader(tbs.take(Tag.sequence).content);
  fields.takeIf(Tag.context0); // version
  fields.take(Tag.integer); // serial number
  fields.take(Tag.sequence); // signature algorithm
  fields.take(Tag.sequence); // issuer
  fields.take(Tag.sequence); // validity
  const name = readName(fields.take(Tag.sequence).content);
  fields.take(Tag.sequence); // public key
  const wrapped = fields.takeIf(Tag.context3);
  return { name, extensions: wrapped === undefined ? new Map() : readExtensions(wrapped.content) };
}

function keyIdentifierIn(extension: Extension | undefined): string | undefined {
  return extension && new DerReader(extension.value).take(Tag.octetString).content.toString('hex');
}

function maySignCrls(keyUsage: Extension | undefined): boolean {
  if (keyUsage === undefined) return true;
  // The first byte of a bit string counts its unused bits.
  const flags = new DerReader(keyUsage.value).take(Tag.bitString).content[1] ?? 0;
  return (flags & CRL_SIGN) !== 0;
}

function restricts([oid, { critical }]: readonly [string, Extension]): boolean {
  return oid === NAME_CONSTRAINTS || (critical && oid !== BASIC_CONSTRAINTS && oid !== KEY_USAGE);
}
