import { createPrivateKey, type X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { type Authority, anchorsOf } from './authority.ts';
import { checkRevocationLists } from './crl-check.ts';
import { secureContextOptions, type TlsContents, type TlsMaterial, trustedNow } from './secure-context.ts';
import {
  attempt,
  authoritiesIn,
  certificatesIn,
  crlsIn,
  privateKeyIn,
  TlsMaterialError,
} from './tls-file.ts';

/** The files of the TLS server, all PEM. */
export interface TlsFiles {
  /** The server's certificate, followed by its intermediates. */
  readonly cert: string;
  readonly key: string;
  /** The authorities whose client certificates are accepted: roots and optionally intermediates, or issuing CAs alone. */
  readonly clientCa: string;
  /** Revocation lists, one per authority. Without this file no certificate is ever revoked. */
  readonly crl?: string | undefined;
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
 * the certificate, the certificate is valid now, and there is an authority at which a path may end. If there are
 * revocation lists, each authority must have one that is valid now, because OpenSSL refuses all clients of an authority
 * without one.
 * @param files the paths, for the messages
 * @throws TlsMaterialError
 */
export function checkTlsMaterial(files: TlsFiles, contents: TlsContents): TlsMaterial {
  const [cert, pem, clientCa] = [
    present(contents.cert, files.cert),
    present(contents.key, files.key),
    present(contents.clientCa, files.clientCa),
  ];
  const chain = certificatesIn(cert, files.cert);
  const key = privateKeyIn(pem, files.key);
  checkServerCertificate(files, chain[0], key);
  const authorities = authoritiesIn(clientCa, files.clientCa);
  const anchors = checkedAnchors(authorities, files.clientCa);
  const crls = files.crl === undefined ? undefined : crlsIn(present(contents.crl, files.crl), files.crl);
  if (files.crl !== undefined && crls !== undefined) {
    checkRevocationLists({ file: files.crl, lists: crls, bundle: files.clientCa, authorities });
  }
  const trusted = trustedNow(anchors);
  const material = { contents, chain, key, authorities, anchors, trusted, crls };
  const names = [files.cert, files.key, files.clientCa, ...(files.crl === undefined ? [] : [files.crl])];
  attempt(
    () => createSecureContext(secureContextOptions(material)),
    `OpenSSL does not accept ${names.join(', ')} together`,
  );
  return material;
}

function checkServerCertificate(files: TlsFiles, certificate: X509Certificate, key: string): void {
  if (!certificate.checkPrivateKey(createPrivateKey(key))) {
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

/** @throws TlsMaterialError if the server would accept no client */
function checkedAnchors(authorities: readonly Authority[], file: string): readonly Authority[] {
  const anchors = anchorsOf(authorities);
  if (anchors.length === 0) {
    throw new TlsMaterialError(
      `${file} holds neither a root (self-signed) certificate nor one of a CA for clients: the server would accept no client`,
    );
  }
  if (anchors.some(({ isRoot }) => isRoot) || trustedNow(anchors).length > 0) return anchors;
  throw new TlsMaterialError(
    `${file} holds no root (self-signed) certificate, and no issuing CA that is valid now: the server would accept no client`,
  );
}

function present(content: string | undefined, file: string): string {
  if (content === undefined) throw new TlsMaterialError(`${file} cannot be read`);
  return content;
}
