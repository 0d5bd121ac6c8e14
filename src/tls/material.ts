import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { type Authority, readAuthority } from './authority.ts';
import { RevocationList } from './revocation-list.ts';
import { type RevocationLists, secureContextOptions, type TlsMaterial } from './secure-context.ts';

/** The files of the TLS server, all PEM. */
export interface TlsFiles {
  /** The server's certificate, followed by its intermediates. */
  readonly cert: string;
  readonly key: string;
  /** The authorities whose client certificates are accepted: at least one root, and optionally intermediates. */
  readonly clientCa: string;
  /** Revocation lists, one per authority. Without this file no certificate is ever revoked. */
  readonly crl?: string | undefined;
}

/** The contents of the files; undefined for a file that cannot be read. */
export type TlsContents = { readonly [file in keyof TlsFiles]?: string | undefined };

/** The files are not a usable set. The message names the file and says what is wrong; it never contains a key. */
export class TlsMaterialError extends Error {
  override readonly name = 'TlsMaterialError';
}

/**
 * Reads the files and checks them.
 * @throws TlsMaterialError
 */
export function loadTlsMaterial(files: TlsFiles): TlsMaterial {
  const read = (file: string) => attempt(() => readFileSync(file, 'utf8'), `${file} cannot be read`);
  const { cert, key, clientCa, crl } = files;
  const contents = { cert: read(cert), key: read(key), clientCa: read(clientCa) };
  return checkTlsMaterial(files, crl === undefined ? contents : { ...contents, crl: read(crl) });
}

/**
 * Checks that a server with these contents would accept the right clients: every file is complete, the key belongs to
 * the certificate, the certificate is valid now, and at least one authority is a root. If there are revocation lists,
 * each authority must have one that is valid now, because OpenSSL refuses all clients of an authority without one.
 * @param files the paths, for the messages
 * @throws TlsMaterialError
 */
export function checkTlsMaterial(files: TlsFiles, contents: TlsContents): TlsMaterial {
  const cert = present(contents.cert, files.cert);
  const key = present(contents.key, files.key);
  const clientCa = present(contents.clientCa, files.clientCa);
  checkServerCertificate(files, cert, key);
  const authorities = readAuthorities(clientCa, files.clientCa);
  if (!authorities.some(({ isAnchor }) => isAnchor)) {
    throw new TlsMaterialError(
      `${files.clientCa} holds no root (self-signed) certificate: the server would accept no client`,
    );
  }
  const crl =
    files.crl === undefined
      ? undefined
      : readRevocationLists(files.crl, present(contents.crl, files.crl), files.clientCa, authorities);
  const material = { cert, key, clientCa, crl };
  const names = [files.cert, files.key, files.clientCa, ...(files.crl === undefined ? [] : [files.crl])];
  attempt(
    () => createSecureContext(secureContextOptions(material)),
    `OpenSSL does not accept ${names.join(', ')} together`,
  );
  return material;
}

/** The server's own certificate, without its intermediates. */
export function serverCertificate({ cert }: Pick<TlsMaterial, 'cert'>): X509Certificate {
  return new X509Certificate(cert);
}

/** The certificates of the client CA bundle. */
export function readAuthorities(clientCa: string, file = 'the client CA bundle'): Authority[] {
  return certificatesIn(clientCa, file).map((certificate) =>
    attempt(() => readAuthority(certificate), `${file} holds a broken certificate`),
  );
}

function checkServerCertificate(files: TlsFiles, cert: string, pem: string): void {
  const [certificate] = certificatesIn(cert, files.cert);
  const key = attempt(
    () => createPrivateKey(pem),
    `${files.key} holds no readable private key (PEM, without a passphrase)`,
  );
  if (!certificate?.checkPrivateKey(key)) {
    throw new TlsMaterialError(`the key in ${files.key} does not belong to the certificate in ${files.cert}`);
  }
  const { validFromDate, validToDate } = certificate;
  const now = Date.now();
  if (now > validToDate.getTime()) {
    throw new TlsMaterialError(`the certificate in ${files.cert} expired at ${validToDate.toISOString()}`);
  }
  if (now < validFromDate.getTime()) {
    throw new TlsMaterialError(
      `the certificate in ${files.cert} is not valid before ${validFromDate.toISOString()}`,
    );
  }
}

function readRevocationLists(
  file: string,
  pem: string,
  bundle: string,
  authorities: readonly Authority[],
): RevocationLists {
  const lists = blocksIn(pem, 'X509 CRL', file).map((block) =>
    attempt(() => new RevocationList(block), `${file} holds a broken CRL`),
  );
  const now = Date.now();
  for (const list of lists) {
    const title = `the CRL of ${list.issuer} in ${file}`;
    const { thisUpdate, nextUpdate } = list;
    if (list.unusable !== undefined) throw new TlsMaterialError(`${title} cannot be used: ${list.unusable}`);
    if (!authorities.some((authority) => list.isOf(authority))) {
      throw new TlsMaterialError(`${title} is not signed by a certificate in ${bundle}`);
    }
    if (nextUpdate !== undefined && now >= nextUpdate.getTime()) {
      throw new TlsMaterialError(`${title} expired at ${nextUpdate.toISOString()}`);
    }
    if (now < thisUpdate.getTime()) {
      throw new TlsMaterialError(`${title} is not valid before ${thisUpdate.toISOString()}`);
    }
  }
  for (const authority of authorities) {
    const { certificate, name, maySignCrls } = authority;
    // An expired authority needs no CRL: no client gets in through it, and it will not issue another CRL.
    if (now > certificate.validToDate.getTime()) continue;
    if (!maySignCrls) {
      throw new TlsMaterialError(`${name} in ${bundle} may not sign CRLs: its keyUsage has no cRLSign`);
    }
    if (!lists.some((list) => list.isOf(authority))) {
      throw new TlsMaterialError(
        `${file} holds no CRL of ${name}: with one CRL every certificate in ${bundle} needs one`,
      );
    }
  }
  return { pem, lists };
}

function certificatesIn(pem: string, file: string): X509Certificate[] {
  return blocksIn(pem, 'CERTIFICATE', file).map((block) =>
    attempt(() => new X509Certificate(block), `${file} holds a broken certificate`),
  );
}

/** All PEM blocks with this label. @throws TlsMaterialError also if a block lacks its end, as in a half-written file */
function blocksIn(pem: string, label: string, file: string): string[] {
  const begin = `-----BEGIN ${label}-----`;
  const blocks = pem.match(new RegExp(`${begin}[^-]*-----END ${label}-----`, 'g')) ?? [];
  if (pem.split(begin).length - 1 > blocks.length) {
    throw new TlsMaterialError(`${file} is cut off or damaged in a PEM block (${label})`);
  }
  if (blocks.length === 0) throw new TlsMaterialError(`${file} holds no PEM block (${label})`);
  return blocks;
}

function present(content: string | undefined, file: string): string {
  if (content === undefined) throw new TlsMaterialError(`${file} cannot be read`);
  return content;
}

function attempt<T>(action: () => T, failure: string): T {
  try {
    return action();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : '';
    throw new TlsMaterialError(`${failure}${code}`, { cause });
  }
}
