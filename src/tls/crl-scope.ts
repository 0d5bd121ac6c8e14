import { type DerElement, DerReader, type Extension, elements, Tag } from './der.ts';

const BASIC_CONSTRAINTS = '551d13';
const DISTRIBUTION_POINTS = '551d1f';

/** Which certificates of its issuer a CRL covers (RFC 5280, section 5.2.5). */
export interface CrlScope {
  /** Whether it covers no certificate of a CA. */
  readonly usersOnly: boolean;
  /**
   * The names of the place where the CRL is published, each as hexadecimal DER: it covers only the certificates that name
   * one of them as a distribution point. Undefined: it covers certificates with and without one.
   */
  readonly names: readonly string[] | undefined;
}

/** What decides whether a CRL of the issuer of a certificate covers the certificate. */
export interface CrlSubject {
  /** Whether it says that it is one of a CA, in its basicConstraints. */
  readonly isCa: boolean;
  readonly distributionPoints: readonly DistributionPoint[];
}

/** A place that a certificate names for its CRL (RFC 5280, section 4.2.1.13). */
export interface DistributionPoint {
  /** Each as hexadecimal DER. */
  readonly names: readonly string[];
  /** Whether its CRL tells of some reasons for revocation only. */
  readonly hasReasons: boolean;
  /** Whether another than the issuer of the certificate may have issued its CRL. */
  readonly hasIssuer: boolean;
}

/** The scope of a CRL without an issuing distribution point. */
export const EVERY_CERTIFICATE: CrlScope = { usersOnly: false, names: undefined };

const USERS_ONLY = 0x81;
const SOME_REASONS = 0x83;
/** The other parts of an issuing distribution point that make a CRL incomplete, with the reason to show. */
const PARTIAL: readonly (readonly [tag: number, reason: string])[] = [
  [0x82, 'it covers certificates of CAs only (onlyContainsCACerts)'],
  [SOME_REASONS, 'it covers some reasons for revocation only (onlySomeReasons)'],
  [0x84, 'it covers certificates of other issuers too (indirectCRL)'],
  [0x85, 'it covers attribute certificates only (onlyContainsAttributeCerts)'],
];
/** The optional parts of a distribution point of a certificate. */
const REASONS = 0x81;
const ISSUER = 0xa2;

/**
 * Reads an issuing distribution point. A string is the reason why a CRL with it cannot be used.
 * @throws DerError
 */
export function readCrlScope(extension: Extension): CrlScope | string {
  const fields = sequenceIn(extension);
  const name = fields.takeIf(Tag.context0);
  const users = fields.takeIf(USERS_ONLY);
  const usersOnly = users !== undefined && isTrue(users);
  for (const [tag, reason] of PARTIAL) {
    const part = fields.takeIf(tag);
    if (part !== undefined && (tag === SOME_REASONS || isTrue(part))) return reason;
  }
  fields.end();
  if (name === undefined) return { usersOnly, names: undefined };
  const names = fullNames(name.content);
  return names === undefined
    ? 'its distribution point has a relative name (nameRelativeToCRLIssuer)'
    : { usersOnly, names };
}

/**
 * Reads a certificate by its extensions.
 * @throws DerError
 */
export function readCrlSubject(extensions: ReadonlyMap<string, Extension>): CrlSubject {
  const constraints = extensions.get(BASIC_CONSTRAINTS);
  const ca = constraints && sequenceIn(constraints).takeIf(Tag.boolean);
  const points = extensions.get(DISTRIBUTION_POINTS);
  const each = points === undefined ? [] : elements(new DerReader(points.value).take(Tag.sequence).content);
  return {
    isCa: ca !== undefined && isTrue(ca),
    distributionPoints: Array.from(each, ({ content }) => readDistributionPoint(content)),
  };
}

function readDistributionPoint(content: Buffer): DistributionPoint {
  const fields = new DerReader(content);
  const name = fields.takeIf(Tag.context0);
  return {
    names: (name && fullNames(name.content)) ?? [],
    hasReasons: fields.takeIf(REASONS) !== undefined,
    hasIssuer: fields.takeIf(ISSUER) !== undefined,
  };
}

/**
 * Whether OpenSSL accepts a CRL with this scope for the certificate. It would have to put together the CRLs of a
 * certificate that has one for each reason, and it does not.
 */
export function covers({ usersOnly, names }: CrlScope, { isCa, distributionPoints }: CrlSubject): boolean {
  if ((usersOnly && isCa) || distributionPoints.some(({ hasReasons }) => hasReasons)) return false;
  if (names === undefined) return true;
  return distributionPoints.some(
    (point) => !point.hasIssuer && point.names.some((name) => names.includes(name)),
  );
}

/** The names in a DistributionPointName; undefined if it is a name relative to that of the issuer. */
function fullNames(content: Buffer): string[] | undefined {
  const names = new DerReader(content).takeIf(Tag.context0);
  return names && [...elements(names.content)].map(({ bytes }) => bytes.toString('hex'));
}

function sequenceIn({ value }: Extension): DerReader {
  return new DerReader(new DerReader(value).take(Tag.sequence).content);
}

function isTrue({ content }: DerElement): boolean {
  return content.some((byte) => byte !== 0);
}
