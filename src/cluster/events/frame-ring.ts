import { compareResourceVersions, isComparable, newestOf } from '../../kube/reflector/resource-version.ts';
import { type Frame, footOf, headOf } from './frame.ts';

/** What to append: a frame without its bytes, and the JSON that it carries, which is an object. */
export interface NewFrame extends Pick<Frame, 'kind' | 'namespace' | 'labels' | 'previousLabels' | 'id'> {
  readonly json: string;
  /** A resourceVersion up to which the API server had made the change. */
  readonly upTo: string;
}

interface Segment {
  readonly buffer: Buffer;
  /** How many frames it holds. */
  frames: number;
  /** Whether a reader has got a frame of it, and may still be sending that. */
  isLent: boolean;
}

interface Kept {
  readonly frame: Frame;
  readonly segment: Segment;
  /** The greatest `upTo` of this frame and of all before it. */
  readonly high: string;
}

/**
 * Frames lie in segments one after the other, so that the next frames of a reader are one piece of memory. A reader that
 * is stuck with a piece of a segment keeps the whole segment alive, therefore a segment is as large as such a piece.
 */
const SEGMENT_BYTES = 16 * 1024;

/**
 * The last frames of a cluster, serialised once for all readers. Frames have numbers, and a reader is the number of the
 * next one. When the ring is full the oldest frames fall out, a segment at a time.
 */
export class FrameRing {
  readonly #maxBytes: number;
  #frames: Kept[] = [];
  /** The segments that hold the frames, the oldest first. */
  readonly #segments: Segment[] = [];
  /** The memory of a segment that has fallen out before any reader had a frame of it. */
  #spare: Buffer | undefined;
  #bytes = 0;
  /** How many bytes of the last segment are used. */
  #used = 0;
  #base = 0;
  /** What has fallen out is of changes up to this resourceVersion. */
  #floor: string;
  #high: string;

  /** @param from the resourceVersion after which the frames begin */
  constructor(maxBytes: number, from: string) {
    this.#maxBytes = maxBytes;
    this.#floor = from;
    this.#high = from;
  }

  /** The number of the oldest frame. */
  get base(): number {
    return this.#base;
  }

  /** The number that the next frame will get. */
  get next(): number {
    return this.#base + this.#frames.length;
  }

  /** How many bytes the segments have. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The frame of this number, if the ring has it. Its bytes stay as they are for as long as somebody holds it. */
  lend(number: number): Frame | undefined {
    const kept = this.#frames[number - this.#base];
    if (kept === undefined) return undefined;
    kept.segment.isLent = true;
    return kept.frame;
  }

  append({ kind, namespace, labels, previousLabels, id, json, upTo }: NewFrame): void {
    const head = headOf(kind);
    const data = `${head}${json}\n`;
    const text = data + footOf(id);
    const size = Buffer.byteLength(text);
    const segment = this.#segmentFor(size);
    const { buffer } = segment;
    const start = this.#used;
    const end = start + buffer.write(text, start);
    this.#used = end;
    // The foot is ASCII.
    const restEnd = end - (text.length - data.length);
    const rest = start + head.length + 1;
    this.#high = newestOf(this.#high, upTo);
    const frame = { kind, namespace, labels, previousLabels, id, buffer, start, rest, restEnd, end };
    this.#frames.push({ frame, segment, high: this.#high });
    while (this.#bytes > this.#maxBytes && this.#segments.length > 1) this.#dropOldest();
  }

  /**
   * The number of the first frame that a reader may not know that knows everything up to this resourceVersion. Frames
   * that follow may be known to it already.
   * @returns undefined if some that it may not know have fallen out
   */
  after(resourceVersion: string): number | undefined {
    if (!isComparable(resourceVersion) || !isComparable(this.#floor)) return undefined;
    if (compareResourceVersions(resourceVersion, this.#floor) < 0) return undefined;
    let low = 0;
    let high = this.#frames.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const known = this.#frames[middle];
      if (known !== undefined && compareResourceVersions(known.high, resourceVersion) <= 0) low = middle + 1;
      else high = middle;
    }
    return this.#base + low;
  }

  /**
   * Forgets all frames, and begins again after this resourceVersion, which may be an older one. Every reader falls out,
   * also one that has read all.
   */
  restart(from: string): void {
    this.#base = this.next + 1;
    this.#frames = [];
    this.#segments.length = 0;
    this.#bytes = 0;
    this.#used = 0;
    this.#floor = from;
    this.#high = from;
  }

  #segmentFor(size: number): Segment {
    const last = this.#segments.at(-1);
    if (last !== undefined && this.#used + size <= last.buffer.length) {
      last.frames += 1;
      return last;
    }
    const segment = { buffer: this.#memoryFor(size), frames: 1, isLent: false };
    this.#segments.push(segment);
    this.#bytes += segment.buffer.length;
    this.#used = 0;
    return segment;
  }

  /** Memory that was used before, if there is some: V8 collects the sooner the more of it is new. */
  #memoryFor(size: number): Buffer {
    const spare = this.#spare;
    if (spare === undefined || spare.length < size)
      return Buffer.allocUnsafeSlow(Math.max(SEGMENT_BYTES, size));
    this.#spare = undefined;
    return spare;
  }

  #dropOldest(): void {
    const oldest = this.#segments.shift();
    if (oldest === undefined) return;
    this.#bytes -= oldest.buffer.length;
    if (!oldest.isLent && oldest.buffer.length === SEGMENT_BYTES) this.#spare = oldest.buffer;
    const dropped = this.#frames.splice(0, oldest.frames);
    this.#base += dropped.length;
    this.#floor = dropped.at(-1)?.high ?? this.#floor;
  }
}
