import type { X509Certificate } from 'node:crypto';
import type { Logger } from '../lib/logger.ts';
import { networkOf } from '../lib/socket-places.ts';
import { certificateText } from '../tls/certificate-text.ts';
import type { HandshakePeer } from '../tls/handshake-peers.ts';
import { HANDSHAKE_REFUSALS, type HandshakeRefusal } from '../tls/handshake-refusal.ts';

const PERIOD_MS = 10_000;
/**
 * Lines per period for a reason. The first of a network has more room, so that few networks do not hide the others, however
 * many certificates they have.
 */
const LINES_PER_REASON = 20;
const NETWORKS_PER_REASON = 100;
/** Lines per period for a reason and a network. A certificate has one of them. */
const LINES_PER_NETWORK = 5;

/** What the operator of the service or of the client can do. */
const REMEDIES: Readonly<Record<HandshakeRefusal, string>> = {
  no_certificate: 'give the client a certificate',
  expired: 'issue a new certificate for the client, if you know it: nobody has verified its name',
  not_yet_valid: 'compare the clock of this machine with that of the issuer',
  untrusted:
    'if you know the client: issue it a certificate for TLS clients (clientAuth) with a CA in TLS_CLIENT_CA_FILE, or add its CA to that file; let it send its intermediates',
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
 * period says how many had none. So it writes some ten lines a second for a reason at most, and remembers no more than
 * those. The others are written at level debug, for somebody who looks for one client in a flood.
 */
export class HandshakeLog {
  readonly #log: Logger;
  /** Lines of this period by reason, by reason and network, and by these and the certificate. */
  readonly #lines = new Map<string, number>();
  readonly #leftOut = new Map<HandshakeRefusal, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  refused({ reason, code, address, certificate }: RefusedHandshake): void {
    this.#timer ??= setTimeout(() => this.end(), PERIOD_MS).unref();
    const mayHaveLine = this.#take(reason, networkOf({ remoteAddress: address }), certificate);
    if (!mayHaveLine) this.#leftOut.set(reason, (this.#leftOut.get(reason) ?? 0) + 1);
    const level = mayHaveLine ? levelOf(reason) : 'debug';
    this.#log[level](
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
    for (const [reason, count] of this.#leftOut) {
      const level = levelOf(reason);
      const remedy = 'set the log level to debug for a while, which shows each';
      this.#log[level]({ reason, count, remedy }, 'refused more TLS handshakes, which have no line');
    }
    this.#leftOut.clear();
    this.#lines.clear();
  }

  #take(reason: string, network: string, certificate: X509Certificate | undefined): boolean {
    const ofNetwork = `${reason} ${network}`;
    const ofCertificate = `${ofNetwork} ${certificate?.fingerprint256}`;
    const had = (key: string) => this.#lines.get(key) ?? 0;
    const limit = had(ofNetwork) === 0 ? NETWORKS_PER_REASON : LINES_PER_REASON;
    if (had(reason) >= limit || had(ofNetwork) >= LINES_PER_NETWORK || had(ofCertificate) > 0) return false;
    for (const key of [reason, ofNetwork, ofCertificate]) this.#lines.set(key, had(key) + 1);
    return true;
  }
}

/** Load balancers that only look whether the port is open never begin a handshake, which is not a fault. */
function levelOf(reason: HandshakeRefusal): 'info' | 'warn' {
  return reason === 'timeout' ? 'info' : 'warn';
}
