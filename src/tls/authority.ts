import type { X509Certificate } from 'node:crypto';
import { DerReader, type Extension, readExtensions, readName, Tag } from './der.ts';

const KEY_USAGE = '551d0f';
const BASIC_CONSTRAINTS = '551d13';
const NAME_CONSTRAINTS = '551d1e';
const CRL_SIGN = 0b0000_0010;

/** A certificate of the client CA bundle, with the parts that X509Certificate of node:crypto does not show. */
export interface Authority {
  readonly certificate: X509Certificate;
  /** Its own name, for people and to compare with the issuer of a CRL. */
  readonly name: string;
  /**
   * Whether OpenSSL ends a path at it: it is its own issuer, by name and key identifier. An intermediate of the bundle is
   * no anchor, because Node does not set X509_V_FLAG_PARTIAL_CHAIN.
   */
  readonly isAnchor: boolean;
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
  const tbs = new DerReader(new DerReader(certificate.raw).take(Tag.sequence).content);
  const fields = new DerReader(tbs.take(Tag.sequence).content);
  fields.takeIf(Tag.context0); // version
  fields.take(Tag.integer); // serial number
  fields.take(Tag.sequence); // signature algorithm
  fields.take(Tag.sequence); // issuer
  fields.take(Tag.sequence); // validity
  const name = readName(fields.take(Tag.sequence).content);
  fields.take(Tag.sequence); // public key
  const wrapped = fields.takeIf(Tag.context3);
  const extensions = wrapped === undefined ? new Map<string, Extension>() : readExtensions(wrapped.content);
  return {
    certificate,
    name,
    isAnchor: certificate.checkIssued(certificate),
    maySignCrls: maySignCrls(extensions.get(KEY_USAGE)),
    restrictsIssued: [...extensions].some(restricts),
  };
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
