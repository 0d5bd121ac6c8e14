import type { Logger } from '../lib/logger.ts';
import { networkOf } from '../lib/socket-places.ts';
import { certificateText } from '../tls/certificate-text.ts';
import type { HandshakePeer } from '../tls/handshake-peers.ts';
import { HANDSHAKE_REFUSALS, type HandshakeRefusal } from '../tls/handshake-refusal.ts';

const PERIOD_MS = 10_000;
/** Lines per period for a reason, for a reason and a network, and for a reason, a network and a certificate. */
const LINES = [20, 5, 1] as const;

/** What the operator of the service or of the client can do. */
const REMEDIES: Readonly<Record<HandshakeRefusal, string>> = {
  no_certificate: 'give the client a certificate',
  expired: 'issue a new certificate for the client',
  not_yet_valid: 'compare the clock of this machine with that of the issuer',
  untrusted:
    'issue a certificate for TLS clients (clientAuth) with a CA in TLS_CLIENT_CA_FILE, or add its CA to that file; let the client send its intermediates',
  revoked: 'nothing, if that is meant; otherwise issue a new certificate for the client',
  crl: 'renew the CRL in TLS_CRL_FILE; until then all clients of its issuer are refused',
  protocol: 'let the client speak TLS 1.3',
  not_tls: 'let the client use https',
  timeout: 'look at the network between the two; a probe that only opens a connection does this too',
  disconnected: 'let the client trust the issuer of the server certificate and ask for one of its names',
  other: 'look up the code',
};

/** A handshake that was refused. */
export interface RefusedHandshake extends HandshakePeer {
  readonly reason: HandshakeRefusal;
  /** The code of Node or OpenSSL, or a text. */
  readonly code: string;
}

/**
 * Logs refused handshakes, each with who was refused and what helps. Strangers can cause them at any rate, so lines are
 * limited: a certificate that comes again and again, an address and a reason each hide no others. A line at the end of the
 * period says how many had none. So it writes a few lines a second at most, and remembers no more than those.
 */
export class HandshakeLog {
  readonly #log: Logger;
  /** Lines of this period by reason, network and certificate, and by the beginnings of these. */
  readonly #lines = new Map<string, number>();
  readonly #leftOut = new Map<HandshakeRefusal, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  refused({ reason, code, address, certificate }: RefusedHandshake): void {
    this.#timer ??= setTimeout(() => this.end(), PERIOD_MS).unref();
    if (!this.#take([reason, networkOf({ remoteAddress: address }), certificate?.fingerprint256 ?? ''])) {
      this.#leftOut.set(reason, (this.#leftOut.get(reason) ?? 0) + 1);
      return;
    }
    this.#log.warn(
      {
        reason,
        code,
        address,
        certificate: certificate && certificateText(certificate),
        explanation: HANDSHAKE_REFUSALS[reason],
        remedy: REMEDIES[reason],
      },
      'refused a TLS handshake',
    );
  }

  /** Ends the period: logs how many refusals had no line. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [reason, count] of this.#leftOut)
      this.#log.warn({ reason, count }, 'refused more TLS handshakes, which have no line');
    this.#leftOut.clear();
    this.#lines.clear();
  }

  #take(parts: readonly string[]): boolean {
    const keys = LINES.map((limit, index) => ({ limit, key: parts.slice(0, index + 1).join(' ') }));
    if (keys.some(({ key, limit }) => (this.#lines.get(key) ?? 0) >= limit)) return false;
    for (const { key } of keys) this.#lines.set(key, (this.#lines.get(key) ?? 0) + 1);
    return true;
  }
}
