import type { X509Certificate } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Identity, IdentityRefusal } from './identity.ts';

/** A request of a connection whose answer has not left the process yet. */
export interface Running {
  /** Bytes of the answer's body; 0 as long as it is not known. */
  bytes: number;
  /**
   * When the answer was ready to be sent; of a long-lived one, since when something of it is. On the clock of
   * performance.now().
   */
  readyAt: number | undefined;
  /** Whether it has a place among the requests under way. */
  counted: boolean;
  /** Whether the answer goes on for as long as its client stays. */
  longLived: boolean;
  /** Called once the answer has left, or has nowhere to go. */
  onEnd?: () => void;
}

/** Why a connection is not read: it has or its client has enough requests under way, or it is to close. */
export type Hold = 'connection' | 'client' | 'closing';

/** One connection of a client. What is looked up here once costs nothing per request. */
export class ClientConnection {
  readonly socket: Socket;
  readonly identity: Identity | IdentityRefusal;
  readonly certificate: X509Certificate | undefined;
  readonly openedAt = performance.now();
  /** In the order in which they came, which is that of their answers. */
  readonly running = new Map<ServerResponse, Running>();
  /** When the first of `running` became the first, on the clock of performance.now(). */
  firstSince = 0;
  /** The answer to the newest request, as long as that has not both come in and been answered. */
  latest: ServerResponse | undefined;
  /** Whether it is closed as soon as no request runs. */
  closing = false;
  /** Why it is not read. */
  readonly #holds = new Set<Hold>();

  constructor(
    socket: Socket,
    identity: Identity | IdentityRefusal,
    certificate: X509Certificate | undefined,
  ) {
    this.socket = socket;
    this.identity = identity;
    this.certificate = certificate;
  }

  /** What its client is counted by. Certificates that name nobody have one name, which no user can have. */
  get client(): string {
    return typeof this.identity === 'string' ? '' : this.identity.user;
  }

  /** Whether the rest of a request is still to come. */
  get isReceiving(): boolean {
    const request = this.latest?.req;
    if (request === undefined || request.complete) return false;
    const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
    return length !== '0' || encoding !== undefined;
  }

  /** Leaves what else the client sends in its own socket, until no reason for it is left. */
  hold(reason: Hold): void {
    if (this.#holds.has(reason)) return;
    this.#holds.add(reason);
    if (this.#holds.size > 1) return;
    this.socket.pause();
    this.socket.on('resume', this.#stayPaused);
  }

  /** Ends a reason for not reading on; one that there was none of is ignored. */
  release(reason: Hold): void {
    if (!this.#holds.delete(reason) || this.#holds.size > 0) return;
    this.socket.off('resume', this.#stayPaused);
    this.socket.resume();
  }

  closeIfIdle(): void {
    this.closing = true;
    if (this.running.size === 0) this.socket.destroy();
  }

  /**
   * Node's HTTP server resumes the socket whenever a request has been answered. By its 'pause' event the server is told
   * to stop, which a socket that was paused before its turn to resume came does not emit by itself.
   */
  readonly #stayPaused = () => {
    this.socket.pause();
    this.socket.emit('pause');
  };
}
