import type { X509Certificate } from 'node:crypto';
import type { Authority } from './authority.ts';
import { type CrlScope, type CrlSubject, covers, EVERY_CERTIFICATE, readCrlScope } from './crl-scope.ts';
import { type DerElement, DerReader, elements, readExtensions, readName, readTime, Tag } from './der.ts';
import { encodePem } from './pem.ts';
import { isSignedBy, readSignatureAlgorithm, type SignatureAlgorithm } from './signature.ts';

const DELTA = '551d1b';
const ISSUING_DISTRIBUTION_POINT = '551d1c';
const AUTHORITY_KEY_IDENTIFIER = '551d23';
const UNSUPPORTED_SIGNATURE =
  'its signature is not supported (RSA, RSA-PSS with one digest, ECDSA, each with SHA-256, SHA-384 or SHA-512; Ed25519; Ed448)';

/**
 * A certificate revocation list of one authority. node:crypto cannot read them, and @peculiar/x509 would block
 * the event loop (docs/decisions/0001-dependencies.md), so this reads what is needed: issuer, times, serial numbers and
 * signature.
 */
export class RevocationList {
  /** PEM, one block. */
  readonly pem: string;
  /** Name of the authority that issued it. */
  readonly issuer: string;
  readonly thisUpdate: Date;
  /** When the next one is due. From then on OpenSSL refuses every client of the authority. */
  readonly nextUpdate: Date | undefined;
  /** The reason why it cannot be used. Undefined if it can. */
  readonly unusable: string | undefined;
  readonly #entries: Buffer;
  readonly #signed: Buffer;
  readonly #signature: Buffer;
  readonly #algorithm: SignatureAlgorithm | undefined;
  readonly #scope: CrlScope;

  /**
   * @param content DER
   * @throws DerError
   */
  constructor(content: Buffer) {
    this.pem = encodePem('X509 CRL', content);
    const outer = new DerReader(content);
    const parts = new DerReader(outer.take(Tag.sequence).content);
    outer.end();
    const signed = parts.take(Tag.sequence);
    const algorithm = parts.take(Tag.sequence);
    this.#signed = signed.bytes;
    this.#signature = parts.take(Tag.bitString).content.subarray(1);
    this.#algorithm = readSignatureAlgorithm(algorithm);
    parts.end();

    const fields = new DerReader(signed.content);
    fields.takeIf(Tag.integer); // version
    const signedAlgorithm = fields.take(Tag.sequence);
    this.issuer = readName(fields.take(Tag.sequence).content);
    this.thisUpdate = readTime(fields.take(Tag.utcTime, Tag.generalizedTime));
    const nextUpdate = fields.takeIf(Tag.utcTime, Tag.generalizedTime);
    this.nextUpdate = nextUpdate && readTime(nextUpdate);
    this.#entries = fields.takeIf(Tag.sequence)?.content ?? Buffer.alloc(0);
    const extensions = fields.takeIf(Tag.context0);
    fields.end();
    const scope = extensions === undefined ? EVERY_CERTIFICATE : scopeIn(extensions);
    const isSupported = this.#algorithm !== undefined && signedAlgorithm.bytes.equals(algorithm.bytes);
    this.#scope = typeof scope === 'string' ? EVERY_CERTIFICATE : scope;
    if (!isSupported) this.unusable = UNSUPPORTED_SIGNATURE;
    else this.unusable = typeof scope === 'string' ? scope : undefined;
  }

  /** Whether the authority issued this list: its name and its key. */
  isOf({ name, certificate }: Authority): boolean {
    return sameName(name, this.issuer) && this.#isSignedWith(certificate);
  }

  /** Whether it covers this certificate of its issuer. OpenSSL refuses a certificate that no CRL covers. */
  covers(subject: CrlSubject): boolean {
    return covers(this.#scope, subject);
  }

  #isSignedWith({ publicKey }: X509Certificate): boolean {
    return (
      this.#algorithm !== undefined && isSignedBy(publicKey, this.#algorithm, this.#signed, this.#signature)
    );
  }

  /** Whether OpenSSL would rely on it at this time. */
  isCurrent(now: number): boolean {
    return this.thisUpdate.getTime() <= now && (this.nextUpdate?.getTime() ?? Number.POSITIVE_INFINITY) > now;
  }

  /** The revoked serial numbers, in the form of `serialKey`. Not kept, because a list can be long. */
  revokedSerials(): Set<string> {
    const serials = new Set<string>();
    for (const entry of elements(this.#entries)) {
      const [serial] = elements(entry.content);
      if (serial !== undefined) serials.add(serialOf(serial));
    }
    return serials;
  }
}

/** A hexadecimal serial number in a canonical form, so that two can be compared. */
export function serialKey(hexadecimal: string): string {
  return hexadecimal.toLowerCase().replace(/^(-?)0+/, '$1');
}

function serialOf({ content }: DerElement): string {
  const hexadecimal = content.toString('hex');
  if ((content[0] ?? 0) < 0x80) return serialKey(hexadecimal);
  // RFC 5280 forbids it, but some CAs forgot the leading zero: X509Certificate shows a negative number.
  return serialKey(BigInt.asIntN(content.length * 8, BigInt(`0x${hexadecimal}`)).toString(16));
}

/** Which certificates it covers, or the reason why it cannot be used. */
function scopeIn(wrapper: DerElement): CrlScope | string {
  const extensions = readExtensions(wrapper.content);
  if (extensions.has(DELTA)) return 'it is a delta CRL';
  const known = [ISSUING_DISTRIBUTION_POINT, AUTHORITY_KEY_IDENTIFIER];
  for (const [oid, { critical }] of extensions) {
    if (critical && !known.includes(oid)) return 'it has an unknown critical extension';
  }
  const point = extensions.get(ISSUING_DISTRIBUTION_POINT);
  return point === undefined ? EVERY_CERTIFICATE : readCrlScope(point);
}

/** Compares without case, spaces and string types (RFC 5280, section 7.1). */
function sameName(left: string, right: string): boolean {
  return folded(left) === folded(right);
}

function folded(name: string): string {
  return name.toLowerCase().replace(/\s+/g, ' ').trim();
}
