import { compareResourceVersions, isComparable, newestOf } from '../../kube/reflector/resource-version.ts';
import { type Frame, footOf, headOf } from './frame.ts';

/** What to append: a frame without its bytes, and the JSON that it carries, which is an object. */
export interface NewFrame extends Pick<Frame, 'kind' | 'namespace' | 'labels' | 'previousLabels' | 'id'> {
  readonly json: string;
  /** A resourceVersion up to which the API server had made the change. */
  readonly upTo: string;
}

interface Kept {
  readonly frame: Frame;
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
  /** The segments that hold the frames, the oldest first, and how many frames each holds. */
  readonly #segments: { readonly buffer: Buffer; frames: number }[] = [];
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

  /** The frame of this number, if the ring has it. */
  at(number: number): Frame | undefined {
    return this.#frames[number - this.#base]?.frame;
  }

  append({ kind, namespace, labels, previousLabels, id, json, upTo }: NewFrame): void {
    const head = headOf(kind);
    const data = `${head}${json}\n`;
    const text = data + footOf(id);
    const size = Buffer.byteLength(text);
    const { buffer } = this.#segmentFor(size);
    const start = this.#used;
    const end = start + buffer.write(text, start);
    this.#used = end;
    // The foot is ASCII.
    const restEnd = end - (text.length - data.length);
    const rest = start + head.length + 1;
    this.#high = newestOf(this.#high, upTo);
    const frame = { kind, namespace, labels, previousLabels, id, buffer, start, rest, restEnd, end };
    this.#frames.push({ frame, high: this.#high });
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

  #segmentFor(size: number): { readonly buffer: Buffer; frames: number } {
    const last = this.#segments.at(-1);
    if (last !== undefined && this.#used + size <= last.buffer.length) {
      last.frames += 1;
      return last;
    }
    const buffer = Buffer.allocUnsafeSlow(Math.max(SEGMENT_BYTES, size));
    const segment = { buffer, frames: 1 };
    this.#segments.push(segment);
    this.#bytes += buffer.length;
    this.#used = 0;
    return segment;
  }

  #dropOldest(): void {
    const oldest = this.#segments.shift();
    if (oldest === undefined) return;
    this.#bytes -= oldest.buffer.length;
    const dropped = this.#frames.splice(0, oldest.frames);
    this.#base += dropped.length;
    this.#floor = dropped.at(-1)?.high ?? this.#floor;
  }
}
