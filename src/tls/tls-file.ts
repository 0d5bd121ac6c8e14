import { createPrivateKey, X509Certificate } from 'node:crypto';
import { decodePem, encodePem, type PemBlock, PemError, pemBlocks } from '../lib/pem.ts';
import { type Authority, readAuthority } from './authority.ts';
import { RevocationList } from './revocation-list.ts';

/** The files are not a usable set. The message names the file and says what is wrong; it never contains a key. */
export class TlsMaterialError extends Error {
  override readonly name = 'TlsMaterialError';
}

/** Of a certificate. The second is an old name for the first. */
const CERTIFICATE = ['CERTIFICATE', 'X509 CERTIFICATE'] as const;
const CRL = ['X509 CRL'] as const;
const SUPPORTED: readonly string[] = [...CERTIFICATE, ...CRL];
const PRIVATE_KEY = ['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY', 'ENCRYPTED PRIVATE KEY'];
/** Also found beside certificates and keys, and passed over. */
const OTHERS = /(?:PRIVATE KEY|PUBLIC KEY|PARAMETERS|CERTIFICATE REQUEST)$/;
const TRUSTED = 'TRUSTED CERTIFICATE';

/**
 * All certificates in the file.
 * @throws TlsMaterialError if there is none, or something in the file cannot be read
 */
export function certificatesIn(
  text: string,
  file: string,
): [first: X509Certificate, ...others: X509Certificate[]] {
  return partsIn(text, file, CERTIFICATE, 'certificate', readCertificate);
}

/**
 * All certificates in the client CA bundle.
 * @throws TlsMaterialError as certificatesIn
 */
export function authoritiesIn(text: string, file: string): Authority[] {
  const read = (content: Buffer) => readAuthority(readCertificate(content));
  return partsIn(text, file, CERTIFICATE, 'certificate', read);
}

/**
 * All CRLs in the file.
 * @throws TlsMaterialError if there is none, or something in the file cannot be read
 */
export function crlsIn(text: string, file: string): RevocationList[] {
  return partsIn(text, file, CRL, 'CRL', (content) => new RevocationList(content));
}

/**
 * The first private key in the file, PEM.
 * @throws TlsMaterialError if there is none, or something in the file cannot be read
 */
export function privateKeyIn(text: string, file: string): string {
  const [first] = blocksIn(text, file, PRIVATE_KEY);
  const failure = `${file} holds no readable private key (PEM, without a passphrase)`;
  if (first === undefined) throw new TlsMaterialError(failure);
  const [{ label }, content] = first;
  const pem = encodePem(label, content);
  attempt(() => createPrivateKey(pem), failure);
  return pem;
}

/**
 * What the action returns.
 * @throws TlsMaterialError if it throws: the failure, with the code of the error if it has one
 */
export function attempt<T>(action: () => T, failure: string): T {
  try {
    return action();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : '';
    throw new TlsMaterialError(`${failure}${code}`, { cause });
  }
}

/** What is in the blocks with one of these labels: at least one part. */
function partsIn<T>(
  text: string,
  file: string,
  labels: readonly [string, ...string[]],
  kind: string,
  read: (content: Buffer) => T,
): [first: T, ...others: T[]] {
  const [first, ...others] = blocksIn(text, file, labels).map(([{ place }, content]) =>
    attempt(() => read(content), `${file} holds a broken ${kind} in ${place}`),
  );
  if (first === undefined) throw new TlsMaterialError(`${file} holds no PEM block (${labels[0]})`);
  return [first, ...others];
}

/** The blocks with one of these labels, and their contents. */
function blocksIn(
  text: string,
  file: string,
  labels: readonly string[],
): (readonly [block: PemBlock, content: Buffer])[] {
  try {
    const blocks = pemBlocks(text);
    for (const { label, place } of blocks) refuseUnknown(label, place);
    return blocks.flatMap((block) =>
      labels.includes(block.label) ? [[block, decodePem(block)] as const] : [],
    );
  } catch (error) {
    throw error instanceof PemError ? new TlsMaterialError(`${file} ${error.message}`) : error;
  }
}

/** OpenSSL passes over blocks that it does not know, so a certificate with a misspelt label would be missed. */
function refuseUnknown(label: string, place: string): void {
  if (label === TRUSTED) {
    const remedy = 'write it as a CERTIFICATE with `openssl x509 -in FILE -out FILE`';
    throw new PemError(`holds a certificate with settings of its own for trust in ${place}: ${remedy}`);
  }
  if (!SUPPORTED.includes(label) && !OTHERS.test(label)) {
    throw new PemError(`holds a block that is not supported, ${place}: remove it or convert it`);
  }
}

/** @throws if the content is not a certificate and nothing else, such as settings for trust */
function readCertificate(content: Buffer): X509Certificate {
  const certificate = new X509Certificate(content);
  if (!certificate.raw.equals(content)) throw new Error('there are bytes after the certificate');
  return certificate;
}
