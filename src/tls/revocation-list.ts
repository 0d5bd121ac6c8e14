import type { X509Certificate } from 'node:crypto';
import { encodePem } from '../lib/pem.ts';
import type { Authority } from './authority.ts';
import { type CrlScope, type CrlSubject, covers, EVERY_CERTIFICATE, readCrlScope } from './crl-scope.ts';
import {
  type DerElement,
  DerReader,
  type Extension,
  elements,
  readExtensions,
  readName,
  readTime,
  Tag,
} from './der.ts';
import { isSignedBy, readSignatureAlgorithm, type SignatureAlgorithm } from './signature.ts';

const DELTA = '551d1b';
const ISSUING_DISTRIBUTION_POINT = '551d1c';
const AUTHORITY_KEY_IDENTIFIER = '551d23';
/** The tags in an authorityKeyIdentifier. */
const KEY_IDENTIFIER = 0x80;
const SERIAL_NUMBER = 0x82;
const TRUE = Buffer.from('0101ff', 'hex');
const CRITICAL_ENTRY = 'one of its entries has a critical extension';
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
  readonly #signer: SignerHint;

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
    const known =
      extensions === undefined ? new Map<string, Extension>() : readExtensions(extensions.content);
    this.#signer = signerHintIn(known.get(AUTHORITY_KEY_IDENTIFIER));
    const scope = hasCriticalEntry(this.#entries) ? CRITICAL_ENTRY : scopeIn(known);
    const isSupported = this.#algorithm !== undefined && signedAlgorithm.bytes.equals(algorithm.bytes);
    this.#scope = typeof scope === 'string' ? EVERY_CERTIFICATE : scope;
    if (!isSupported) this.unusable = UNSUPPORTED_SIGNATURE;
    else this.unusable = typeof scope === 'string' ? scope : undefined;
  }

  /**
   * Whether the authority issued this list: its name and its key. Several certificates may have both. OpenSSL looks for
   * the one that the list means, if it says so by a key identifier or a serial number.
   */
  isOf({ name, keyIdentifier, certificate }: Authority): boolean {
    const { keyIdentifier: meant = keyIdentifier, serial } = this.#signer;
    return (
      sameName(name, this.issuer) &&
      (keyIdentifier === undefined || keyIdentifier === meant) &&
      (serial === undefined || serial === serialKey(certificate.serialNumber)) &&
      this.#isSignedWith(certificate)
    );
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

/** What an authorityKeyIdentifier says about the certificate that goes with the signature. */
interface SignerHint {
  /** Hexadecimal. */
  readonly keyIdentifier?: string | undefined;
  /** In the form of `serialKey`. */
  readonly serial?: string | undefined;
}

function signerHintIn(extension: Extension | undefined): SignerHint {
  if (extension === undefined) return {};
  const fields = new DerReader(new DerReader(extension.value).take(Tag.sequence).content);
  const key = fields.takeIf(KEY_IDENTIFIER);
  fields.takeIf(Tag.context1); // the issuer of that certificate
  const serial = fields.takeIf(SERIAL_NUMBER);
  return { keyIdentifier: key?.content.toString('hex'), serial: serial && serialOf(serial) };
}

/** Whether an entry has a critical extension. OpenSSL then refuses every client: it cannot tell which the entry is about. */
function hasCriticalEntry(entries: Buffer): boolean {
  // A list can be long, and this is rare: look for the bytes of TRUE before reading all of it.
  if (!entries.includes(TRUE)) return false;
  for (const { content } of elements(entries)) {
    const [, , extensions] = elements(content);
    if (extensions === undefined) continue;
    const read = readExtensions(extensions.bytes);
    if ([...read.values()].some(({ critical }) => critical)) return true;
  }
  return false;
}

/** Which certificates it covers, or the reason why it cannot be used. */
function scopeIn(extensions: ReadonlyMap<string, Extension>): CrlScope | string {
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
