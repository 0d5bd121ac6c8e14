import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ParseTurns, Parsing } from '../lib/parse-turns.ts';
import type { CallerIdentity } from './certificate-identity.ts';

/** An answer that is being made or sent: that of the HTTP server, or one that was made at once. */
export interface Answering {
  readonly statusCode: number;
  readonly req: Pick<IncomingMessage, 'method' | 'readableEnded'>;
}

/**
 * Why a long-lived answer must end before it is done. `disconnected`: nobody can receive it any more; `malformed`: its
 * client has sent what is not a request, and can still receive it.
 */
export type Interruption = 'disconnected' | 'malformed' | 'revoked' | 'drain';

/** A wait or a batch of writes, which end with one answer, or a stream, which is sent bit by bit. */
export type LongLivedKind = 'waiter' | 'batch' | 'stream';

/** What is known of an answer that lasts as long as its client stays. */
export interface LongLived {
  readonly kind: LongLivedKind;
  /** Ends the answer. It is there from the beginning of the wait or the stream until it has been called. */
  interrupt: ((why: Interruption) => void) | undefined;
  /** Gives back its place, once. */
  readonly giveBack: () => void;
  /** Bytes of the connection that had been delivered when that was last looked at. */
  delivered: number;
}

/** A request of a connection, until its answer has been sent. */
export interface Running {
  /** Size of the body of the answer in bytes; 0 until it is known. */
  bytes: number;
  /**
   * When the answer was ready to be sent. For a long-lived answer: since when a part of it has been ready. On the clock
   * of performance.now().
   */
  readyAt: number | undefined;
  /** Whether it has a place among the requests under way. */
  counted: boolean;
  /** Set once the answer has a place among those that last as long as their clients stay. */
  longLived?: LongLived;
  /** Called once the answer has been sent, or its connection has closed. `atEnd` sets it. */
  onEnd?: () => void;
}

/** Has this called too once the answer has been sent, or its connection has closed. */
export function atEnd(entry: Running, call: () => void): void {
  const { onEnd } = entry;
  entry.onEnd = () => {
    onEnd?.();
    call();
  };
}

/**
 * Answers a read at once, if it can.
 * @param head the request line and the headers, with the empty line after them
 * @returns whether it has answered
 */
export type AnswerAtOnce = (connection: ClientConnection, head: string) => boolean;

/** Bytes that the HTTP server is given at a time. Most requests are smaller, but few are much smaller. */
const PIECE_BYTES = 512;
/**
 * How much a client may send after the last answer; it is read and discarded. Unread bytes would reset the connection
 * when it is closed, before a client that sends first and reads later has received that answer.
 */
const MAX_DISCARDED_BYTES = 256 * 1024;
const NOTHING = Buffer.alloc(0);
/** A request with a longer head is never answered at once. No configured limit of headers is lower. */
const MAX_HEAD_BYTES = 1024;
const END_OF_HEAD = '\r\n\r\n';

/** Why a connection is not read: it or its client has too many requests under way, or it is about to close. */
export type Hold = 'connection' | 'client' | 'closing';

/** One connection of a client. It keeps what is determined once per connection, so that a request costs no lookup. */
export class ClientConnection implements Parsing {
  readonly socket: Socket;
  /** Stays the same object: what is remembered about a client is found by it. */
  readonly identity: CallerIdentity;
  readonly certificate: X509Certificate | undefined;
  readonly openedAt = performance.now();
  /** In the order in which the requests arrived, which is also the order of their answers. */
  readonly running = new Map<Answering, Running>();
  /** When the first of `running` became the first, on the clock of performance.now(). */
  firstSince = 0;
  /** The answer to the newest request, until that request has both arrived completely and been answered. */
  latest: ServerResponse | undefined;
  /** Whether the connection is closed as soon as it has no running request. */
  closing = false;
  /** Why the long-lived answers of the connection have ended, and further ones end at once; undefined: they have not. */
  interrupted: Interruption | undefined;
  /** The head of the request that the HTTP server is parsing right now, if that is all that has arrived. */
  head: string | undefined;
  /** The reasons for which the connection is not read. */
  readonly #holds = new Set<Hold>();
  /** Bytes that have arrived and have not been given to the HTTP server yet. */
  #unparsed: Buffer = NOTHING;
  #parse: (piece: Buffer) => void = () => {};
  #turns: ParseTurns | undefined;
  hasBegunRequest = false;
  /** Whether the connection waits for `#turns` to call `parsePiece`. */
  #inLine = false;
  #discardedBytes = 0;
  #answerAtOnce: AnswerAtOnce = () => false;
  /** Whether the HTTP server has been given whole requests only, so that the next byte begins a request. */
  #isBetweenRequests = true;

  constructor(socket: Socket, identity: CallerIdentity, certificate: X509Certificate | undefined) {
    this.socket = socket;
    this.identity = identity;
    this.certificate = certificate;
  }

  /** The key by which clients are told apart. Certificates that name no user share one key, which no user can have. */
  get client(): string {
    return this.identity.kind === 'client' ? this.identity.user : '';
  }

  /** Whether `hold` has an effect. It has none on the connections of injected requests, which only tests make. */
  get isReadInPieces(): boolean {
    return this.#turns !== undefined;
  }

  /** Whether part of a request has arrived and the rest has not. */
  get isReceiving(): boolean {
    const request = this.latest?.req;
    if (request === undefined || request.complete) return false;
    const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
    return length !== '0' || encoding !== undefined;
  }

  /**
   * From now on the HTTP server gets the incoming bytes piece by piece, and none of them during a hold. One read may
   * bring a thousand requests; without this, the server would begin all of them before it did anything else.
   * @param turns decides when a piece may be parsed
   * @param answerAtOnce sees each request that arrives alone, and may answer it instead of the HTTP server
   */
  readInPieces(turns: ParseTurns, answerAtOnce: AnswerAtOnce): void {
    // The listener of the HTTP server, which parses. TLS gives it up to 16 KiB at a time.
    const [parse] = this.socket.listeners('data');
    if (parse === undefined) return;
    this.#parse = (piece) => Reflect.apply(parse, this.socket, [piece]);
    this.#turns = turns;
    this.#answerAtOnce = answerAtOnce;
    this.socket.once('close', () => turns.remove(this));
    this.socket.on('resume', this.#resumed);
    this.socket.removeAllListeners('data');
    this.socket.on('data', (bytes: Buffer) => {
      if (!this.socket.writable) return this.#discard(bytes);
      this.#unparsed = this.#unparsed.length === 0 ? bytes : Buffer.concat([this.#unparsed, bytes]);
      if (!this.#inLine) this.#parseOn();
    });
  }

  /** Stops reading, until no reason to hold is left. What the client sends then stays in its own socket, or in ours. */
  hold(reason: Hold): void {
    this.#holds.add(reason);
    this.socket.pause();
  }

  /** Removes a reason for not reading. A reason that was not set is ignored. */
  release(reason: Hold): void {
    // Read in a later turn, because the parser may be at work.
    if (this.#holds.delete(reason) && this.#holds.size === 0) setImmediate(this.#readOn);
  }

  /** Ends the long-lived answers of the connection before they are done. */
  interrupt(why: Interruption): void {
    this.interrupted ??= why;
    for (const { longLived } of this.running.values()) {
      const interrupt = longLived?.interrupt;
      if (longLived === undefined || interrupt === undefined) continue;
      longLived.interrupt = undefined;
      interrupt(why);
    }
  }

  /** Closes the connection after its running answers. Long-lived ones do not get the time to become done. */
  closeIfIdle(why: Interruption): void {
    this.closing = true;
    this.interrupt(why);
    if (this.running.size > 0) return;
    // An answer that was made at once may still have to be sent.
    if (this.socket.writableLength > 0) this.socket.destroySoon();
    else this.socket.destroy();
  }

  parsePiece(): boolean {
    this.#inLine = false;
    this.hasBegunRequest = false;
    if (this.#hasPiece) this.#parseNext();
    this.#inLine = this.#hasPiece;
    if (!this.#inLine) this.#readOn();
    return this.#inLine;
  }

  #discard(bytes: Buffer): void {
    this.#discardedBytes += bytes.length;
    if (this.#discardedBytes > MAX_DISCARDED_BYTES) this.socket.destroy();
  }

  /** Parses as long as there is time. The rest is parsed in its turn; until then the socket is not read. */
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
    const bytes = this.#unparsed;
    const isFirst = this.#isBetweenRequests;
    const head = isFirst ? headIn(bytes) : undefined;
    if (head !== undefined && this.#isIdle && this.#answerAtOnce(this, head)) {
      this.#unparsed = NOTHING;
      return;
    }
    const isWhole = head !== undefined || bytes.length <= PIECE_BYTES;
    this.#unparsed = isWhole ? NOTHING : bytes.subarray(PIECE_BYTES);
    const before = this.latest;
    this.head = head;
    this.#parse(isWhole ? bytes : bytes.subarray(0, PIECE_BYTES));
    this.head = undefined;
    this.hasBegunRequest = this.latest !== undefined && this.latest !== before;
    this.#isBetweenRequests = isFirst && isWhole && this.latest !== before && this.#isLatest(bytes);
  }

  /**
   * Whether no answer is being made or sent. The first request is not idle: until the HTTP server has parsed one, it
   * regards the connection as one that sends nothing, and closes it after a while.
   */
  get #isIdle(): boolean {
    return (
      this.firstSince > 0 &&
      this.running.size === 0 &&
      this.latest === undefined &&
      !this.closing &&
      this.socket.writableLength === 0
    );
  }

  /** Whether the newest request consists of exactly these bytes. */
  #isLatest(bytes: Buffer): boolean {
    const request = this.latest?.req;
    if (request === undefined || !request.complete) return false;
    const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
    return (
      encoding === undefined &&
      bytes.indexOf(END_OF_HEAD) + END_OF_HEAD.length + Number(length) === bytes.length
    );
  }

  /**
   * Whether there is a piece that may be parsed. A socket that is no longer writable has none: once it is destroyed,
   * another connection may use its parser; and once it is ended after a failure, it has no further requests.
   */
  get #hasPiece(): boolean {
    return this.#unparsed.length > 0 && this.#mayParse && this.socket.writable;
  }

  /** The HTTP server pauses a socket that brings requests faster than it takes answers, and sets `_paused` on it. */
  get #mayParse(): boolean {
    return this.#holds.size === 0 && Reflect.get(this.socket, '_paused') !== true;
  }

  readonly #readOn = () => {
    if (!this.#mayParse || this.#inLine) return;
    this.#parseOn();
    if (this.#mayParse && !this.#inLine) this.socket.resume();
  };

  /** The HTTP server resumes the socket after each answer, so pause it again if it must not be read. */
  readonly #resumed = () => {
    if (this.#holds.size > 0 || this.#inLine) this.socket.pause();
    else this.#parseOn();
  };
}

/** The text of these bytes if they are the head of one GET request and nothing else. */
function headIn(bytes: Buffer): string | undefined {
  if (bytes.length > MAX_HEAD_BYTES) return undefined;
  const text = bytes.toString('latin1');
  const isHead = text.startsWith('GET ') && text.indexOf(END_OF_HEAD) === text.length - END_OF_HEAD.length;
  return isHead ? text : undefined;
}
