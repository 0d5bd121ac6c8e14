import type { X509Certificate } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ParseTurns, Parsing } from '../lib/parse-turns.ts';
import type { CallerIdentity } from './certificate-identity.ts';

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

/** Of what comes in, given to the HTTP server at a time: most requests are smaller, and few are much smaller. */
const PIECE_BYTES = 512;
/**
 * What a client may go on sending once its last answer is on its way, and nobody looks at. Left in its socket it would
 * reset the connection as it is closed, before a client who sends first and reads later has that answer.
 */
const MAX_DISCARDED_BYTES = 256 * 1024;
const NOTHING = Buffer.alloc(0);

/** Why a connection is not read: it has or its client has enough requests under way, or it is to close. */
export type Hold = 'connection' | 'client' | 'closing';

/** One connection of a client. What is looked up here once costs nothing per request. */
export class ClientConnection implements Parsing {
  readonly socket: Socket;
  /** Stays the same object: what is remembered about a client is found by it. */
  readonly identity: CallerIdentity;
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
  /** What has come in and was not given to the HTTP server yet. */
  #unparsed: Buffer = NOTHING;
  #parse: (piece: Buffer) => void = () => {};
  #turns: ParseTurns | undefined;
  /** Whether it is one of those that `#turns` calls. */
  #inLine = false;
  #discardedBytes = 0;

  constructor(socket: Socket, identity: CallerIdentity, certificate: X509Certificate | undefined) {
    this.socket = socket;
    this.identity = identity;
    this.certificate = certificate;
  }

  /** What its client is counted by. Certificates that name nobody have one name, which no user can have. */
  get client(): string {
    return this.identity.kind === 'client' ? this.identity.user : '';
  }

  /** Whether it can be held; that of a request by inject, as in tests, cannot. */
  get isReadInPieces(): boolean {
    return this.#turns !== undefined;
  }

  /** Whether the rest of a request is still to come. */
  get isReceiving(): boolean {
    const request = this.latest?.req;
    if (request === undefined || request.complete) return false;
    const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
    return length !== '0' || encoding !== undefined;
  }

  /**
   * From here on what comes in reaches the HTTP server piece by piece, and nothing of it while there is a hold. One read
   * may bring a thousand requests: by itself the server would begin all of them before it looked at anything else.
   * @param turns says when a piece may be parsed
   */
  readInPieces(turns: ParseTurns): void {
    // Its own listener, which parses: TLS hands it up to 16 KiB at a time.
    const [parse] = this.socket.listeners('data');
    if (parse === undefined) return;
    this.#parse = (piece) => Reflect.apply(parse, this.socket, [piece]);
    this.#turns = turns;
    this.socket.once('close', () => turns.remove(this));
    this.socket.on('resume', this.#resumed);
    this.socket.removeAllListeners('data');
    this.socket.on('data', (bytes: Buffer) => {
      if (!this.socket.writable) return this.#discard(bytes);
      this.#unparsed = this.#unparsed.length === 0 ? bytes : Buffer.concat([this.#unparsed, bytes]);
      if (!this.#inLine) this.#parseOn();
    });
  }

  /** Leaves what else the client sends in its own socket, but for what is in ours, until no reason for it is left. */
  hold(reason: Hold): void {
    this.#holds.add(reason);
    this.socket.pause();
  }

  /** Ends a reason for not reading on; one that there was none of is ignored. */
  release(reason: Hold): void {
    // Later, as the parser may be at work.
    if (this.#holds.delete(reason) && this.#holds.size === 0) setImmediate(this.#readOn);
  }

  closeIfIdle(): void {
    this.closing = true;
    if (this.running.size === 0) this.socket.destroy();
  }

  parsePiece(): boolean {
    this.#inLine = false;
    if (this.#hasPiece) this.#parseNext();
    this.#inLine = this.#hasPiece;
    if (!this.#inLine) this.#readOn();
    return this.#inLine;
  }

  #discard(bytes: Buffer): void {
    this.#discardedBytes += bytes.length;
    if (this.#discardedBytes > MAX_DISCARDED_BYTES) this.socket.destroy();
  }

  /** As far as there is time. What it does not come to is parsed in its turn, and until then nothing is read. */
  #parseOn(): void {
    while (this.#hasPiece) {
      if (this.#turns?.take(this) !== true) {
        this.#inLine = true;
        this.socket.pause();
        return;
      }
      this.#parseNext();
    }
  }

  #parseNext(): void {
    const piece = this.#unparsed.subarray(0, PIECE_BYTES);
    this.#unparsed = this.#unparsed.subarray(PIECE_BYTES);
    this.#parse(piece);
  }

  /**
   * Whether there is a piece that may be parsed. Once the connection is destroyed its parser may be that of another
   * one; once it has been answered a failure, it has no further requests.
   */
  get #hasPiece(): boolean {
    return this.#unparsed.length > 0 && this.#mayParse && this.socket.writable;
  }

  /** The HTTP server pauses a socket, and notes it there, that does not take answers as fast as it brings requests. */
  get #mayParse(): boolean {
    return this.#holds.size === 0 && Reflect.get(this.socket, '_paused') !== true;
  }

  readonly #readOn = () => {
    if (!this.#mayParse || this.#inLine) return;
    this.#parseOn();
    if (this.#mayParse && !this.#inLine) this.socket.resume();
  };

  /** The HTTP server resumes the socket whenever a request has been answered. */
  readonly #resumed = () => {
    if (this.#holds.size > 0 || this.#inLine) this.socket.pause();
    else this.#parseOn();
  };
}
