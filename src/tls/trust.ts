import type { X509Certificate } from 'node:crypto';
import type { Authority } from './authority.ts';
import { readAuthorities } from './material.ts';
import { serialKey } from './revocation-list.ts';
import type { TlsMaterial } from './secure-context.ts';

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

/**
 * Says whether a client's certificate would still pass the handshake of a server with this material: for connections
 * that were made under an earlier one. It builds the path as OpenSSL does (authorities of the bundle before
 * those that the client sent, up to a root of the bundle), and checks dates, signatures, constraints and CRLs. What the
 * leaf says of itself alone (its keyUsage) was judged by its handshake.
 *
 * Where it cannot know it says no: several authorities of the same name and key, of which OpenSSL takes one; name
 * constraints; intermediates that the client sent, which Node 24 does not show to a server. A wrong no costs
 * the client a reconnection, and the handshake has the last word; a wrong yes would leave a revoked client in.
 */
export class ClientTrust {
  readonly #authorities: ReadonlyMap<string, Authority>;
  readonly #revocations: RevocationCheck | undefined;
  /** Answers by the fingerprints of a chain: a client's connections show the same one. */
  readonly #known = new Map<string, boolean>();

  constructor(material: Pick<TlsMaterial, 'clientCa' | 'crl'>) {
    const authorities = readAuthorities(material.clientCa);
    this.#authorities = new Map(authorities.map((authority) => [idOf(authority.certificate), authority]));
    this.#revocations = material.crl && new RevocationCheck(material.crl.lists, authorities);
  }

  /** @param certificate as `peerCertificate` gives it, with the intermediates that the client sent */
  verifies(certificate: X509Certificate): boolean {
    const sent = intermediatesOf(certificate);
    const chain = [certificate, ...sent].map(idOf).join();
    const known = this.#known.get(chain) ?? this.#completes([certificate], sent);
    this.#known.set(chain, known);
    return known;
  }

  /** Whether every path that begins so ends in a root of the bundle. */
  #completes(path: readonly X509Certificate[], sent: readonly X509Certificate[]): boolean {
    const current = path.at(-1);
    if (current === undefined || !isValidNow(current) || !isForClients(current)) return false;
    const trusted = this.#authorities.get(idOf(current));
    if (current.checkIssued(current)) {
      return trusted !== undefined && !this.#isRevoked(current, current);
    }
    const issuers = this.#issuersOf(current, path.length > 1 && trusted !== undefined, sent);
    return (
      issuers.length > 0 &&
      issuers.every(
        (issuer) =>
          this.#mayIssue(issuer, path) &&
          current.verify(issuer.publicKey) &&
          !this.#isRevoked(current, issuer) &&
          this.#completes([...path, issuer], sent),
      )
    );
  }

  /** Above an authority of the bundle only others of the bundle count. */
  #issuersOf(
    certificate: X509Certificate,
    bundleOnly: boolean,
    sent: readonly X509Certificate[],
  ): readonly X509Certificate[] {
    const bundle = [...this.#authorities.values()].map((authority) => authority.certificate);
    const issuers = bundle.filter((candidate) => certificate.checkIssued(candidate));
    const all =
      issuers.length > 0 || bundleOnly
        ? issuers
        : sent.filter((candidate) => certificate.checkIssued(candidate));
    const valid = all.filter(isValidNow);
    return valid.length > 0 ? valid : all;
  }

  /** The path begins with a leaf, which does not count as an intermediate. */
  #mayIssue(issuer: X509Certificate, path: readonly X509Certificate[]): boolean {
    if (!issuer.ca || path.some((certificate) => idOf(certificate) === idOf(issuer))) return false;
    const authority = this.#authorities.get(idOf(issuer));
    // What the client sent passed a handshake with its constraints; only the bundle may have brought new ones.
    if (authority === undefined) return true;
    const below = path.slice(1).filter((certificate) => !certificate.checkIssued(certificate));
    return below.length <= authority.maxPathLength && !authority.constrainsNames;
  }

  #isRevoked(certificate: X509Certificate, issuer: X509Certificate): boolean {
    return this.#revocations?.isRevoked(certificate, issuer) ?? false;
  }
}

/** The newest revocation list of each authority. */
class RevocationCheck {
  readonly #byAuthority = new Map<string, ReadonlySet<string>>();

  constructor(lists: NonNullable<TlsMaterial['crl']>['lists'], authorities: readonly Authority[]) {
    const now = Date.now();
    const newestFirst = lists
      .filter((list) => list.isCurrent(now))
      .sort((left, right) => right.thisUpdate.getTime() - left.thisUpdate.getTime());
    for (const authority of authorities) {
      const list = newestFirst.find((candidate) => candidate.isOf(authority));
      if (list) this.#byAuthority.set(idOf(authority.certificate), list.revokedSerials());
    }
  }

  /** Without a list of the issuer it counts as revoked: OpenSSL refuses it as well. */
  isRevoked(certificate: X509Certificate, issuer: X509Certificate): boolean {
    return this.#byAuthority.get(idOf(issuer))?.has(serialKey(certificate.serialNumber)) ?? true;
  }
}

function intermediatesOf(certificate: X509Certificate): X509Certificate[] {
  const sent: X509Certificate[] = [];
  for (let next = certificate.issuerCertificate; next; next = next.issuerCertificate) sent.push(next);
  return sent;
}

function isValidNow({ validFromDate, validToDate }: X509Certificate): boolean {
  const now = Date.now();
  return validFromDate.getTime() <= now && now <= validToDate.getTime();
}

/** No extended key usage at all passes OpenSSL's check. */
function isForClients({ keyUsage }: X509Certificate): boolean {
  return keyUsage === undefined || keyUsage.includes(CLIENT_AUTH);
}

function idOf(certificate: X509Certificate): string {
  return certificate.fingerprint256;
}
