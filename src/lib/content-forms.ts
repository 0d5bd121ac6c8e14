import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib';

/** The content codings, the one that makes lists of names smallest first. */
export const CODINGS = ['br', 'zstd', 'gzip'] as const;
export type Coding = (typeof CODINGS)[number];
export type Compress = (content: Buffer, coding: Coding) => Promise<Buffer>;

const brotli = promisify(brotliCompress);
const zstd = promisify(zstdCompress);
const deflate = promisify(gzip);

/** Compresses in the thread pool. Higher levels take several times longer and save little on names. */
const compressFast: Compress = (content, coding) => {
  switch (coding) {
    case 'br':
      return brotli(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 2 } });
    case 'zstd':
      return zstd(content, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
    case 'gzip':
      return deflate(content, { level: 1 });
  }
};

/** A content with the same name is not compressed more often, however often it changes. */
const PERIOD_MS = 1_000;

interface Forms {
  readonly hash: string;
  readonly compressed: Map<Coding, Buffer>;
}

/** What is made once of a content that many answers share. It is kept as long as the buffer of the content. */
export class ContentForms {
  readonly #forms = new WeakMap<Buffer, Forms>();
  readonly #onFailure: (error: unknown, coding: Coding) => void;
  readonly #compress: Compress;
  /** When compressions of the last period began, by coding and name, the oldest first. */
  readonly #begun = new Map<string, number>();
  /**
   * The only one at a time: lookups of names and accesses to files need the threads too, whatever the number of
   * contents.
   */
  #compression: Promise<void> | undefined;
  #closed = false;

  /** @param compress for tests */
  constructor(onFailure: (error: unknown, coding: Coding) => void, compress = compressFast) {
    this.#onFailure = onFailure;
    this.#compress = compress;
  }

  /** Identifies the content: contents have the same hash only if they have the same bytes. */
  hash(content: Buffer): string {
    return this.#of(content).hash;
  }

  /**
   * The content, compressed; undefined: not yet. Nobody waits for compression: a call may begin it, and calls after its
   * end get the result.
   * @param name names the content over its changes; called only if compression may begin
   */
  compressed(content: Buffer, coding: Coding, name: () => string): Buffer | undefined {
    const form = this.#of(content).compressed.get(coding);
    if (form === undefined && this.#compression === undefined && !this.#closed)
      this.#begin(content, coding, `${coding} ${name()}`);
    return form;
  }

  /** Once this resolves, no compression is running, and none begins. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#compression;
  }

  #of(content: Buffer): Forms {
    let forms = this.#forms.get(content);
    if (forms === undefined) {
      forms = { hash: hash('sha256', content, 'base64url'), compressed: new Map() };
      this.#forms.set(content, forms);
    }
    return forms;
  }

  #begin(content: Buffer, coding: Coding, key: string): void {
    const now = performance.now();
    for (const [each, at] of this.#begun) {
      if (now - at < PERIOD_MS) break;
      this.#begun.delete(each);
    }
    if (this.#begun.has(key)) return;
    this.#begun.set(key, now);
    this.#compression = this.#make(content, coding).finally(() => {
      this.#compression = undefined;
    });
  }

  async #make(content: Buffer, coding: Coding): Promise<void> {
    try {
      const compressed = await this.#compress(content, coding);
      // zlib returns a part of a larger buffer, which would be kept as a whole.
      const form = Buffer.allocUnsafeSlow(compressed.length);
      compressed.copy(form);
      this.#of(content).compressed.set(coding, form);
    } catch (error) {
      this.#onFailure(error, coding);
    }
  }
}
