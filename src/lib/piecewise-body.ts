import { Readable } from 'node:stream';

/** Of a body that is handed to a connection at a time, in bytes. */
export const PIECE_BYTES = 64 * 1024;

/**
 * The body of an answer, piece by piece as its reader takes it. Written whole it would be encrypted whole: each slow
 * reader would hold a copy of it.
 */
export class PiecewiseBody extends Readable {
  /** The whole of it, which others may be sent as well. */
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
