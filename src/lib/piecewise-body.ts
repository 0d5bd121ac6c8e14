import { Readable } from 'node:stream';

/** How many bytes of a body are passed to a connection at a time. */
export const PIECE_BYTES = 32 * 1024;

/**
 * The body of an answer, sent piece by piece as the client reads it. Node would encrypt a body that is written at once
 * as a whole, and keep such a copy for each slow reader.
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
