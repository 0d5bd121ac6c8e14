import type { X509Certificate } from 'node:crypto';
import { type Authority, crlSubjectOf, hasIssued, isForClients, isValidNow } from './authority.ts';
import type { CrlSubject } from './crl-scope.ts';
import { type RevocationList, serialKey } from './revocation-list.ts';
import type { TlsMaterial } from './secure-context.ts';

/**
 * Decides which connections stay open when a set with other authorities or CRLs is put to use. A connection stays only
 * if an anchor of the new bundle issued the certificate of its client directly and no CRL revokes it. Every other
 * connection is closed after its running answer; its client reconnects, and OpenSSL judges it in the handshake.
 *
 * So this never builds a path. In doubt the answer is no: a wrong no costs the client one reconnection, a wrong yes
 * would leave a revoked client in. The certificate has passed a handshake before, so its own keyUsage and extensions are
 * not checked again.
 */
export class ClientTrust {
  readonly #authorities: readonly Authority[];
  readonly #anchors: readonly Authority[];
  /** The current CRLs, per authority that has one. Undefined without CRLs. */
  readonly #crls: ReadonlyMap<Authority, readonly CurrentCrl[]> | undefined;
  /** Answers by fingerprint: the connections of a client show the same certificate. */
  readonly #known = new Map<string, boolean>();

  constructor(material: Pick<TlsMaterial, 'authorities' | 'anchors' | 'trusted' | 'crls'>) {
    const { authorities, anchors, trusted, crls } = material;
    this.#authorities = authorities;
    // With CRLs, OpenSSL accepts no path that ends below a root.
    this.#anchors = anchors.filter(
      (anchor) => anchor.isRoot || (crls === undefined && trusted.includes(anchor)),
    );
    this.#crls = crls && currentCrls(crls, authorities);
  }

  /** Whether a connection of a client with this certificate may stay open. */
  verifies(certificate: X509Certificate): boolean {
    const id = certificate.fingerprint256;
    const verdict = this.#known.get(id) ?? this.#isOfAnchor(certificate);
    this.#known.set(id, verdict);
    return verdict;
  }

  /** Authorities may share a name and a key; OpenSSL uses one of them, so all must be good. */
  #isOfAnchor(certificate: X509Certificate): boolean {
    if (!isValidNow(certificate) || !isForClients(certificate)) return false;
    // OpenSSL takes a certificate with the name of its issuer for a root.
    if (certificate.checkIssued(certificate)) return false;
    const issuers = this.#authorities.filter(
      (authority) => isValidNow(authority.certificate) && certificate.checkIssued(authority.certificate),
    );
    return issuers.length > 0 && issuers.every((issuer) => this.#vouches(issuer, certificate));
  }

  #vouches(issuer: Authority, certificate: X509Certificate): boolean {
    return (
      this.#anchors.includes(issuer) &&
      issuer.certificate.ca &&
      isForClients(issuer.certificate) &&
      !issuer.restrictsIssued &&
      hasIssued(issuer, certificate) &&
      this.#isUnrevoked(certificate, issuer) &&
      this.#isUnrevoked(issuer.certificate, issuer)
    );
  }

  /** With CRLs, OpenSSL refuses every certificate that no current CRL of its issuer covers. */
  #isUnrevoked(certificate: X509Certificate, issuer: Authority): boolean {
    if (this.#crls === undefined) return true;
    const serial = serialKey(certificate.serialNumber);
    const crls = this.#crls.get(issuer) ?? [];
    if (crls.some(({ serials }) => serials.has(serial))) return false;
    const subject = subjectOf(certificate);
    return subject !== undefined && crls.some(({ list }) => list.covers(subject));
  }
}

/** A CRL that is valid now, with the serial numbers that it revokes. */
interface CurrentCrl {
  readonly list: RevocationList;
  readonly serials: ReadonlySet<string>;
}

function currentCrls(
  lists: readonly RevocationList[],
  authorities: readonly Authority[],
): ReadonlyMap<Authority, readonly CurrentCrl[]> {
  const now = Date.now();
  const crls = new Map<Authority, readonly CurrentCrl[]>();
  for (const authority of authorities) {
    const current = lists.filter((list) => list.isCurrent(now) && list.isOf(authority));
    if (current.length > 0)
      crls.set(
        authority,
        current.map((list) => ({ list, serials: list.revokedSerials() })),
      );
  }
  return crls;
}

/** Undefined if the certificate cannot be read. */
function subjectOf(certificate: X509Certificate): CrlSubject | undefined {
  try {
    return crlSubjectOf(certificate);
  } catch {
    return undefined;
  }
}
