import { type Authority, hasIssued } from './authority.ts';
import type { RevocationList } from './revocation-list.ts';
import { TlsMaterialError } from './tls-file.ts';

/** The authorities of a bundle and their CRLs, with the names of the files for messages. */
export interface CrlSet {
  readonly file: string;
  readonly lists: readonly RevocationList[];
  readonly bundle: string;
  readonly authorities: readonly Authority[];
}

/**
 * Checks that OpenSSL, given these CRLs, refuses the revoked clients and no others. With one CRL it asks for one that is
 * valid now for every certificate of a path, up to the root and including it.
 * @throws TlsMaterialError
 */
export function checkRevocationLists(set: CrlSet): void {
  for (const list of set.lists) checkList(list, set);
  const { file, bundle, authorities } = set;
  if (!authorities.some(({ isRoot }) => isRoot)) {
    throw new TlsMaterialError(
      `${bundle} holds no root (self-signed) certificate: with the CRLs in ${file} OpenSSL asks for the CRL of the root too, so add the root and its CRL, or do without CRLs`,
    );
  }
  // An expired authority needs no CRL: no client gets in through it, and it will not issue another CRL.
  const current = authorities.filter(({ certificate }) => Date.now() <= certificate.validToDate.getTime());
  for (const authority of current) checkAuthority(authority, { ...set, authorities: current });
}

function checkList(list: RevocationList, { file, bundle, authorities }: CrlSet): void {
  const title = `the CRL of ${list.issuer} in ${file}`;
  const { thisUpdate, nextUpdate } = list;
  const now = Date.now();
  if (list.unusable !== undefined) throw new TlsMaterialError(`${title} cannot be used: ${list.unusable}`);
  if (!authorities.some((authority) => list.isOf(authority))) {
    throw new TlsMaterialError(
      `${title} is not signed by a certificate in ${bundle}, or its authorityKeyIdentifier is that of another one`,
    );
  }
  if (nextUpdate !== undefined && now >= nextUpdate.getTime()) {
    throw new TlsMaterialError(`${title} expired at ${nextUpdate.toISOString()}`);
  }
  if (now < thisUpdate.getTime()) {
    throw new TlsMaterialError(`${title} is not valid before ${thisUpdate.toISOString()}`);
  }
}

function checkAuthority(authority: Authority, { file, lists, bundle, authorities }: CrlSet): void {
  const { name, maySignCrls } = authority;
  if (!maySignCrls) {
    throw new TlsMaterialError(`${name} in ${bundle} may not sign CRLs: its keyUsage has no cRLSign`);
  }
  const own = lists.filter((list) => list.isOf(authority));
  if (own.length === 0) {
    throw new TlsMaterialError(
      `${file} holds no CRL of ${name}: with one CRL every certificate in ${bundle} needs one`,
    );
  }
  // OpenSSL looks for the root itself, and for each CA below, in the CRLs of its issuer.
  const uncovered = authorities.find(
    (other) => hasIssued(authority, other.certificate) && !own.some((list) => list.covers(other)),
  );
  if (uncovered !== undefined) {
    throw new TlsMaterialError(
      `${file} holds no CRL of ${name} that covers the certificate of ${uncovered.name}: add one without an issuing distribution point`,
    );
  }
}
