import type { X509Certificate } from 'node:crypto';
import { DerReader, type Extension, readExtensions, readName, Tag } from './der.ts';

const KEY_USAGE = '551d0f';
const BASIC_CONSTRAINTS = '551d13';
const NAME_CONSTRAINTS = '551d1e';
const CRL_SIGN = 0b0000_0010;

/** A certificate of the client CA bundle, with what Node's X509Certificate does not tell of it. */
export interface Authority {
  readonly certificate: X509Certificate;
  /** Its own name, for people and to compare with the issuer of a CRL. */
  readonly name: string;
  /** Whether it is its own issuer, by name and key identifier. */
  readonly selfIssued: boolean;
  /** Whether its keyUsage, if it has one, lets it sign CRLs; OpenSSL insists on it. */
  readonly maySignCrls: boolean;
  /** How many CAs may stand between it and a leaf. */
  readonly maxPathLength: number;
  /** Whether it limits the names below it. */
  readonly constrainsNames: boolean;
}

/** Reads what the certificate says of a CA. Also for one that is none: then the figures mean nothing. */
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
    selfIssued: certificate.checkIssued(certificate),
    maySignCrls: maySignCrls(extensions.get(KEY_USAGE)),
    maxPathLength: maxPathLength(extensions.get(BASIC_CONSTRAINTS)),
    constrainsNames: extensions.has(NAME_CONSTRAINTS),
  };
}

function maySignCrls(keyUsage: Extension | undefined): boolean {
  if (keyUsage === undefined) return true;
  // The first byte of a bit string counts its unused bits.
  const flags = new DerReader(keyUsage.value).take(Tag.bitString).content[1] ?? 0;
  return (flags & CRL_SIGN) !== 0;
}

function maxPathLength(basicConstraints: Extension | undefined): number {
  if (basicConstraints === undefined) return Number.POSITIVE_INFINITY;
  const reader = new DerReader(new DerReader(basicConstraints.value).take(Tag.sequence).content);
  reader.takeIf(Tag.boolean); // ca
  const length = reader.takeIf(Tag.integer)?.content;
  return length === undefined ? Number.POSITIVE_INFINITY : Number.parseInt(length.toString('hex'), 16);
}
