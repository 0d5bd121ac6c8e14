import type { Feed, FrameBudget } from '../../cluster/events/feed.ts';
import { type Frame, type FrameKind, footOf, frameOf, headOf } from '../../cluster/events/frame.ts';
import type { Passes, Visited } from '../../lib/passes.ts';

/** Why a stream ends although its client stays. */
export type EndReason = 'revoked' | 'rights' | 'age' | 'drain' | 'clusters';

/** Where a stream goes. */
export interface Sink {
  /** @param flushed called when the bytes have left the process */
  write(bytes: Buffer, flushed: () => void): void;
  /** Sends the last bytes, if there are any, and ends the answer. */
  end(last: string): void;
}

export interface EventStreamOptions {
  readonly sink: Sink;
  readonly passes: Passes;
  /** Called once, when nothing more will be sent. undefined: the client has gone, or has sent what is not a request. */
  readonly onEnd: (reason: EndReason | undefined) => void;
}

/** How many bytes of one stream wait for its reader in this process. A frame that is larger goes alone. */
const MAX_PENDING_BYTES = 16 * 1024;
/**
 * How many frames a visit passes at most, sent or skipped, so that a stream that has to skip thousands does not block
 * others. To match one with the longest selector takes 40 us.
 */
const MAX_FRAMES_PER_VISIT = 100;
const NOTHING = Buffer.alloc(0);

/** The pieces of one write. Pieces that lie one after the other in memory are one. */
class Pieces {
  #pieces: { readonly buffer: Buffer; readonly start: number; end: number }[] = [];
  bytes = 0;

  add(buffer: Buffer, start = 0, end = buffer.length): void {
    const last = this.#pieces.at(-1);
    if (last?.buffer === buffer && last.end === start) last.end = end;
    else this.#pieces.push({ buffer, start, end });
    this.bytes += end - start;
  }

  joined(): Buffer {
    const parts = this.#pieces.map(({ buffer, start, end }) => buffer.subarray(start, end));
    const [only, another] = parts;
    return another === undefined ? (only ?? NOTHING) : Buffer.concat(parts, this.bytes);
  }
}

/**
 * The events of one cluster, or of the fleet, for one reader. It hands the frames of the hubs on as they are, as far as
 * its reader takes them; the rest stays in the rings.
 */
export abstract class EventStream implements Visited {
  protected readonly feeds: Feed[];
  readonly #options: EventStreamOptions;
  readonly #ending = new AbortController();
  /** Bytes that have not left the process. */
  #pending = 0;
  /** Whether there was no room for the next frame. */
  #isFull = false;
  #heartbeatIsDue = false;
  #first = 0;
  #started: Promise<void> | undefined;
  /** Whether the reader has got `ready`. */
  #isReady = false;
  /** When the reader last got an id, on the clock of performance.now(). */
  #idSentAt = performance.now();

  constructor(feeds: readonly Feed[], options: EventStreamOptions) {
    this.feeds = [...feeds];
    this.#options = options;
  }

  /** Sends `ready`, and goes on with what follows the id that the reader knows, or else with the present. */
  start(lastEventId: string | undefined): Promise<void> {
    this.#started = this.#start(lastEventId);
    return this.#started;
  }

  async #start(lastEventId: string | undefined): Promise<void> {
    const ids = lastEventId === undefined ? undefined : this.idsIn(lastEventId);
    const isReset = await Promise.all(
      this.feeds.map((feed) => ids !== undefined && this.#resume(feed, ids.get(feed.cluster))),
    );
    if (this.#hasEnded) return;
    const resets = this.feeds.filter((_feed, index) => isReset[index]);
    const last = resets.at(-1);
    // A reader that is cut before it gets every `reset` must not know the new id.
    this.#write(this.ready(last === undefined ? this.id : undefined));
    for (const feed of resets) this.#write(this.reset(feed, feed === last ? this.id : undefined));
    this.#isReady = true;
    for (const feed of this.feeds) {
      if (this.#hasEnded) return;
      this.#follow(feed);
    }
  }

  /** Adds the events of another cluster. */
  async add(feed: Feed): Promise<void> {
    await this.#started;
    if (this.#hasEnded) return;
    this.feeds.push(feed);
    this.#write(this.reset(feed, this.id));
    this.#follow(feed);
  }

  /** Call it now and then: it sends an id if the reader has got none for this time. */
  tick(heartbeatMs: number): void {
    if (performance.now() - this.#idSentAt < heartbeatMs) return;
    this.#heartbeatIsDue = true;
    this.#schedule();
  }

  visit(): boolean {
    if (this.#hasEnded || !this.#isReady) return false;
    // Another feed is the first each time: the first ones may take all the room.
    this.#first += 1;
    const budget = { left: MAX_FRAMES_PER_VISIT };
    for (const index of this.feeds.keys()) {
      const feed = this.feeds[(this.#first + index) % this.feeds.length];
      if (feed !== undefined) this.#pass(feed, budget);
    }
    if (this.#heartbeatIsDue && this.#pending === 0) {
      this.#heartbeatIsDue = false;
      this.#write(`id: ${this.id}\n:\n\n`);
    }
    if (budget.left > 0) return this.#isFull;
    this.#schedule();
    return true;
  }

  /** Tells the reader why the stream ends, if there is a reason, and ends it. */
  end(reason: EndReason | undefined): void {
    if (this.#hasEnded) return;
    this.#close(reason);
    this.#options.sink.end(reason === undefined ? '' : frameOf('end', { reason }));
  }

  /** The reader has gone. */
  close(): void {
    if (!this.#hasEnded) this.#close(undefined);
  }

  /** The id of what has been sent. */
  protected abstract get id(): string;
  /** The ids that an id consists of, by cluster. */
  protected abstract idsIn(id: string): ReadonlyMap<string, string>;
  protected abstract ready(id: string | undefined): string;
  protected abstract reset(feed: Feed, id: string | undefined): string;
  /** Adds a frame, which the reader of this feed gets as of this kind. */
  protected abstract addTo(pieces: Pieces, feed: Feed, frame: Frame, kind: FrameKind): void;

  get #hasEnded(): boolean {
    return this.#ending.signal.aborted;
  }

  #resume(feed: Feed, id: string | undefined): Promise<boolean> | boolean {
    return id === undefined || feed.resumeAfter(id, this.#ending.signal);
  }

  #follow(feed: Feed): void {
    feed.listen({
      more: () => this.#schedule(),
      closed: () => this.end('clusters'),
      denied: () => this.end('rights'),
    });
    this.#schedule();
  }

  #schedule(): void {
    if (!this.#isFull && !this.#hasEnded) this.#options.passes.schedule(this);
  }

  /** Sends what there is room for, within the budget. */
  #pass(feed: Feed, budget: FrameBudget): void {
    if (this.#pending >= MAX_PENDING_BYTES) {
      this.#isFull = true;
      return;
    }
    if (feed.takeReset()) this.#write(this.reset(feed, this.id));
    const pieces = new Pieces();
    for (let frame = feed.current(budget); frame !== undefined; frame = feed.current(budget)) {
      const { kind } = feed;
      const held = this.#pending + pieces.bytes;
      if (held > 0 && held + frame.end - frame.start > MAX_PENDING_BYTES) {
        this.#isFull = true;
        break;
      }
      feed.advance(frame, budget);
      this.addTo(pieces, feed, frame, kind);
      if (frame.id !== undefined) this.#idSentAt = performance.now();
    }
    if (pieces.bytes > 0) this.#send(pieces.joined());
  }

  #write(text: string): void {
    this.#idSentAt = performance.now();
    this.#send(Buffer.from(text));
  }

  #send(bytes: Buffer): void {
    this.#pending += bytes.length;
    this.#options.sink.write(bytes, () => {
      this.#pending -= bytes.length;
      if (!this.#isFull) return;
      this.#isFull = false;
      this.#schedule();
    });
  }

  #close(reason: EndReason | undefined): void {
    this.#ending.abort();
    for (const feed of this.feeds) feed.close();
    this.#options.onEnd(reason);
  }
}

/** The events of one cluster. Its ids are resourceVersions. */
export class ClusterStream extends EventStream {
  static readonly #GONE = Buffer.from(`${headOf('gone')}{`);
  readonly #feed: Feed;

  constructor(feed: Feed, options: EventStreamOptions) {
    super([feed], options);
    this.#feed = feed;
  }

  protected get id(): string {
    return this.#feed.position;
  }

  protected idsIn(id: string): ReadonlyMap<string, string> {
    return new Map([[this.#feed.cluster, id]]);
  }

  protected ready(id: string | undefined): string {
    return frameOf('ready', { resourceVersion: this.#feed.position }, id);
  }

  protected reset(_feed: Feed, id: string | undefined): string {
    return frameOf('reset', {}, id);
  }

  protected addTo(pieces: Pieces, _feed: Feed, frame: Frame, kind: FrameKind): void {
    const { buffer, start, rest, end } = frame;
    if (kind === frame.kind) {
      pieces.add(buffer, start, end);
    } else {
      pieces.add(ClusterStream.#GONE);
      pieces.add(buffer, rest, end);
    }
  }
}

/** The events of all clusters. Its ids name the position of each: `production=48151623;staging=1042`. */
export class FleetStream extends EventStream {
  /** The beginnings of frames, by cluster and kind. */
  readonly #heads = new Map<string, Buffer>();

  protected get id(): string {
    return this.feeds.map(({ cluster, position }) => `${cluster}=${position}`).join(';');
  }

  protected idsIn(id: string): ReadonlyMap<string, string> {
    return new Map(
      id.split(';').map((part) => {
        const [cluster = '', position = ''] = part.split('=');
        return [cluster, position] as const;
      }),
    );
  }

  protected ready(id: string | undefined): string {
    const clusters = Object.fromEntries(this.feeds.map(({ cluster, position }) => [cluster, position]));
    return frameOf('ready', { clusters }, id);
  }

  protected reset({ cluster }: Feed, id: string | undefined): string {
    return frameOf('reset', { cluster }, id);
  }

  protected addTo(pieces: Pieces, { cluster }: Feed, frame: Frame, kind: FrameKind): void {
    const { buffer, rest, restEnd, id } = frame;
    pieces.add(this.#headOf(cluster, kind));
    pieces.add(buffer, rest, restEnd);
    pieces.add(Buffer.from(footOf(id === undefined ? undefined : this.id)));
  }

  #headOf(cluster: string, kind: FrameKind): Buffer {
    const key = `${cluster} ${kind}`;
    let head = this.#heads.get(key);
    if (head === undefined) {
      head = Buffer.from(`${headOf(kind)}{"cluster":${JSON.stringify(cluster)},`);
      this.#heads.set(key, head);
    }
    return head;
  }
}
