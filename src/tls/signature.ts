import { constants, type KeyObject, verify } from 'node:crypto';
import { type DerElement, DerReader, Tag } from './der.ts';

/** How a signature was made, for `verify` of node:crypto. */
export interface SignatureAlgorithm {
  /** Null if the key determines it. */
  readonly digest: string | null;
  /** Of RSA-PSS, in bytes. Undefined for every other algorithm. */
  readonly saltLength?: number;
}

/** Signature algorithms by the hexadecimal bytes of their OID. */
const ALGORITHMS: Readonly<Record<string, SignatureAlgorithm>> = {
  '2a864886f70d01010b': { digest: 'sha256' }, // RSA, PKCS #1
  '2a864886f70d01010c': { digest: 'sha384' },
  '2a864886f70d01010d': { digest: 'sha512' },
  '2a8648ce3d040302': { digest: 'sha256' }, // ECDSA
  '2a8648ce3d040303': { digest: 'sha384' },
  '2a8648ce3d040304': { digest: 'sha512' },
  '2b6570': { digest: null }, // Ed25519
  '2b6571': { digest: null }, // Ed448
};
const RSA_PSS = '2a864886f70d01010a';
const MGF1 = '2a864886f70d010108';
const DIGESTS: Readonly<Record<string, string>> = {
  '608648016503040201': 'sha256',
  '608648016503040202': 'sha384',
  '608648016503040203': 'sha512',
};
/** Of RSA-PSS, if the parameters do not contain one (RFC 4055, section 3.1). */
const DEFAULT_SALT_LENGTH = 20;

/**
 * Reads an AlgorithmIdentifier of a signature. Undefined: it is not supported. Of RSA-PSS, SHA-1, which is the default,
 * and a mask with another digest than that of the signature are not supported.
 * @throws DerError
 */
export function readSignatureAlgorithm(identifier: DerElement): SignatureAlgorithm | undefined {
  const reader = new DerReader(identifier.content);
  const oid = oidOf(reader);
  if (oid !== RSA_PSS) return ALGORITHMS[oid];
  const parameters = new DerReader(reader.take(Tag.sequence).content);
  const digest = DIGESTS[oidOf(readerOf(parameters.takeIf(Tag.context0)))];
  const mask = readerOf(parameters.takeIf(Tag.context1));
  const maskDigest =
    oidOf(mask) === MGF1 ? DIGESTS[oidOf(new DerReader(mask.take(Tag.sequence).content))] : '';
  const salt = parameters.takeIf(Tag.context2);
  const trailer = parameters.takeIf(Tag.context3);
  parameters.end();
  if (digest === undefined || maskDigest !== digest || (trailer && integerIn(trailer) !== 1))
    return undefined;
  return { digest, saltLength: salt === undefined ? DEFAULT_SALT_LENGTH : integerIn(salt) };
}

/** Whether the key has made the signature. A key of another kind has not. */
export function isSignedBy(
  key: KeyObject,
  { digest, saltLength }: SignatureAlgorithm,
  data: Buffer,
  signature: Buffer,
): boolean {
  const padding = saltLength === undefined ? {} : { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
  try {
    return verify(digest, data, { key, ...padding }, signature);
  } catch {
    return false;
  }
}

/** A reader of the sequence in an element; of an empty one if there is no element. */
function readerOf(element: DerElement | undefined): DerReader {
  const content = element && new DerReader(element.content).take(Tag.sequence).content;
  return new DerReader(content ?? Buffer.alloc(0));
}

function oidOf(reader: DerReader): string {
  return reader.takeIf(Tag.oid)?.content.toString('hex') ?? '';
}

function integerIn({ content }: DerElement): number {
  return Number.parseInt(new DerReader(content).take(Tag.integer).content.toString('hex'), 16);
}
