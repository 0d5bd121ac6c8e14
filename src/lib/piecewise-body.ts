import { Readable } from 'node:stream';

/** Bytes of a body that a connection is given at a time. */
export const PIECE_BYTES = 64 * 1024;

/**
 * The body of an answer, piece by piece as its reader takes it. A body that is written whole is encrypted whole, so
 * each slow reader would hold a copy of it.
 */
export class PiecewiseBody extends Readable {
  /** The whole body. Answers to other clients may share the buffer. */
  readonly content: Buffer;
  #sent = 0;

  constructor(content: Buffer) {
    super({ highWaterMark: PIECE_BYTES });
    this.content = content;
  }

  override _read(): void {
    if (this.#sent >= this.content.length) {
      this.push(null);
      return;
    }
    const end = this.#sent + PIECE_BYTES;
    this.push(this.content.subarray(this.#sent, end));
    this.#sent = end;
  }
}
