import type { X509Certificate } from 'node:crypto';
import type { Authority } from './authority.ts';
import { CLIENT_AUTH } from './certificate-identity.ts';
import { readAuthorities } from './material.ts';
import { serialKey } from './revocation-list.ts';
import type { RevocationLists, TlsMaterial } from './secure-context.ts';

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
  /** The serial numbers that each current CRL revokes, per authority that has one. Undefined without CRLs. */
  readonly #revoked: ReadonlyMap<Authority, readonly ReadonlySet<string>[]> | undefined;
  /** Answers by fingerprint: the connections of a client show the same certificate. */
  readonly #known = new Map<string, boolean>();

  constructor({ clientCa, crl }: Pick<TlsMaterial, 'clientCa' | 'crl'>) {
    this.#authorities = readAuthorities(clientCa);
    this.#revoked = crl && revokedSerials(crl.lists, this.#authorities);
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
      issuer.isAnchor &&
      issuer.certificate.ca &&
      isForClients(issuer.certificate) &&
      !issuer.restrictsIssued &&
      certificate.verify(issuer.certificate.publicKey) &&
      !this.#isRevoked(certificate, issuer) &&
      !this.#isRevoked(issuer.certificate, issuer)
    );
  }

  /** With CRLs, OpenSSL refuses all clients of an authority that has no current one. */
  #isRevoked({ serialNumber }: X509Certificate, issuer: Authority): boolean {
    if (this.#revoked === undefined) return false;
    const serial = serialKey(serialNumber);
    return this.#revoked.get(issuer)?.some((serials) => serials.has(serial)) ?? true;
  }
}

function revokedSerials(
  lists: RevocationLists['lists'],
  authorities: readonly Authority[],
): ReadonlyMap<Authority, readonly ReadonlySet<string>[]> {
  const now = Date.now();
  const revoked = new Map<Authority, readonly ReadonlySet<string>[]>();
  for (const authority of authorities) {
    const current = lists.filter((list) => list.isCurrent(now) && list.isOf(authority));
    if (current.length > 0)
      revoked.set(
        authority,
        current.map((list) => list.revokedSerials()),
      );
  }
  return revoked;
}

function isValidNow({ validFromDate, validToDate }: X509Certificate): boolean {
  const now = Date.now();
  return validFromDate.getTime() <= now && now <= validToDate.getTime();
}

/** A certificate without any extendedKeyUsage passes the check of OpenSSL. */
function isForClients({ keyUsage }: X509Certificate): boolean {
  return keyUsage === undefined || keyUsage.includes(CLIENT_AUTH);
}
