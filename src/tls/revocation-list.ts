import { verify, type X509Certificate } from 'node:crypto';
import type { Authority } from './authority.ts';
import { type DerElement, DerReader, elements, readExtensions, readName, readTime, Tag } from './der.ts';

/** Signature algorithms by the hexadecimal bytes of their OID, with the digest that `verify` of node:crypto wants. */
const SIGNATURES: Readonly<Record<string, string | null>> = {
  '2a864886f70d01010b': 'sha256', // RSA, PKCS #1
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2a8648ce3d040302': 'sha256', // ECDSA
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
  '2b6570': null, // Ed25519
  '2b6571': null, // Ed448
};
/** Critical extensions of RFC 5280 that make a CRL incomplete, with the reason to show. */
const CRITICAL: Readonly<Record<string, string>> = {
  '551d1b': 'it is a delta CRL',
  '551d1c': 'it covers a part of the certificates only (issuing distribution point)',
};

/**
 * A certificate revocation list of one authority. node:crypto cannot read them, and @peculiar/x509 would block
 * the event loop (docs/decisions/0001-dependencies.md), so this reads what is needed: issuer, times, serial numbers and
 * signature.
 */
export class RevocationList {
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
  readonly #digest: string | null | undefined;

  /**
   * @param pem one PEM block
   * @throws DerError
   */
  constructor(pem: string) {
    this.pem = pem;
    const outer = new DerReader(Buffer.from(pem.replace(/-----[^-]*-----/g, ''), 'base64'));
    const parts = new DerReader(outer.take(Tag.sequence).content);
    outer.end();
    const signed = parts.take(Tag.sequence);
    const algorithm = oidOf(parts.take(Tag.sequence));
    this.#signed = signed.bytes;
    this.#signature = parts.take(Tag.bitString).content.subarray(1);
    this.#digest = SIGNATURES[algorithm];
    parts.end();

    const fields = new DerReader(signed.content);
    fields.takeIf(Tag.integer); // version
    const signedAlgorithm = oidOf(fields.take(Tag.sequence));
    this.issuer = readName(fields.take(Tag.sequence).content);
    this.thisUpdate = readTime(fields.take(Tag.utcTime, Tag.generalizedTime));
    const nextUpdate = fields.takeIf(Tag.utcTime, Tag.generalizedTime);
    this.nextUpdate = nextUpdate && readTime(nextUpdate);
    this.#entries = fields.takeIf(Tag.sequence)?.content ?? Buffer.alloc(0);
    const extensions = fields.takeIf(Tag.context0);
    fields.end();
    this.unusable =
      this.#digest === undefined || signedAlgorithm !== algorithm
        ? 'its signature algorithm is not supported'
        : extensions && criticalExtension(extensions);
  }

  /** Whether the authority issued this list: its name and its key. */
  isOf({ name, certificate }: Authority): boolean {
    return sameName(name, this.issuer) && this.#isSignedWith(certificate);
  }

  #isSignedWith(certificate: X509Certificate): boolean {
    if (this.#digest === undefined) return false;
    try {
      return verify(this.#digest, this.#signed, certificate.publicKey, this.#signature);
    } catch {
      return false; // The key is of another kind.
    }
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

function oidOf(algorithm: DerElement): string {
  return new DerReader(algorithm.content).take(Tag.oid).content.toString('hex');
}

function criticalExtension(extensions: DerElement): string | undefined {
  for (const [oid, { critical }] of readExtensions(extensions.content)) {
    if (critical) return CRITICAL[oid] ?? 'it has an unknown critical extension';
  }
  return undefined;
}

/** Compares without case, spaces and string types (RFC 5280, section 7.1). */
function sameName(left: string, right: string): boolean {
  return folded(left) === folded(right);
}

function folded(name: string): string {
  return name.toLowerCase().replace(/\s+/g, ' ').trim();
}
