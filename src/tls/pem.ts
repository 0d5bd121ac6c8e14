/** The text is not well-formed PEM. The message names the line; it never contains what the line says. */
export class PemError extends Error {
  override readonly name = 'PemError';
}

/** A block of a PEM file. */
export interface PemBlock {
  /** For example `CERTIFICATE`. */
  readonly label: string;
  /** Names it in messages: its number in the file, its label and its first line. */
  readonly place: string;
  /** What is between its first and its last line. */
  readonly body: string;
  /** The line in which the body begins. */
  readonly line: number;
}

/** The first or the last line of a block. It need not be a line of its own: files are joined without a line break. */
const MARKER = /-----(BEGIN|END) ([A-Z0-9][A-Z0-9 .]{0,62})-----/g;
/** Text outside of the blocks that was such a line before it was damaged. */
const DAMAGED =
  /-----(?:BEGIN|END)\b|-[ \t]*(?:BEGIN|END) [A-Z0-9 ]*(?:CERTIFICATE|CRL|KEY)\b|\b(?:BEGIN|END) [A-Z0-9 ]*(?:CERTIFICATE|CRL|KEY)--/;
const LINE_BREAK = /\r\n|\n|\r/;
const COLUMNS = /.{1,64}/g;

/**
 * The blocks of a PEM file, in order. OpenSSL reads such a file as far as it can, and ignores in silence what it does not
 * understand: a block that begins in the line in which another ends, for example, and all that follow it. So this finds
 * the blocks, and OpenSSL is given each of them alone. There may be any text around the blocks.
 * @throws PemError if a block has no beginning or no end
 */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  let begun: { label: string; place: string; at: number; line: number } | undefined;
  const lines = new LineCounter(text);
  let outside = 0;
  for (const { 0: marker, 1: kind, 2: label = '', index } of text.matchAll(MARKER)) {
    const at = index + marker.length;
    if (kind === 'BEGIN') {
      if (begun !== undefined) break;
      refuseDamaged(text.slice(outside, index), lines.at(outside));
      const line = lines.at(index);
      begun = { label, place: `PEM block ${blocks.length + 1} (${label}, line ${line})`, at, line };
      continue;
    }
    if (begun === undefined) {
      throw new PemError(`is damaged in line ${lines.at(index)}: a PEM block ends there that has not begun`);
    }
    if (begun.label !== label) break;
    blocks.push({ label, place: begun.place, body: text.slice(begun.at, index), line: begun.line });
    begun = undefined;
    outside = at;
  }
  if (begun !== undefined)
    throw new PemError(`is cut off or damaged in ${begun.place}: its last line is missing`);
  refuseDamaged(text.slice(outside), lines.at(outside));
  return blocks;
}

/**
 * The content of a block.
 * @throws PemError if it is not base64
 */
export function decodePem({ body, line, place }: PemBlock): Buffer {
  const lines = body.split(LINE_BREAK).map((text) => text.replace(/[ \t]/g, ''));
  const wrong = lines.findIndex((text) => !/^[A-Za-z0-9+/]*={0,2}$/.test(text));
  if (wrong !== -1) {
    const fault = lines[wrong]?.includes(':')
      ? 'is a header, which is not supported (a key must not be encrypted)'
      : 'is not base64';
    throw new PemError(`is cut off or damaged in ${place}: line ${line + wrong} ${fault}`);
  }
  const base64 = lines.join('');
  if (!/^(?:[^=]{4})*(?:[^=]{3}=|[^=]{2}==)?$/.test(base64)) {
    throw new PemError(`is cut off or damaged in ${place}: characters are missing in its base64`);
  }
  return Buffer.from(base64, 'base64');
}

/** A PEM block with this content, as OpenSSL writes it. */
export function encodePem(label: string, content: Buffer): string {
  const lines = content.toString('base64').match(COLUMNS) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

function refuseDamaged(text: string, line: number): void {
  const wrong = text.split(LINE_BREAK).findIndex((content) => DAMAGED.test(content));
  if (wrong !== -1) {
    throw new PemError(
      `is damaged in line ${line + wrong}: it is like the first or last line of a PEM block`,
    );
  }
}

/** Line numbers in a text, from 1. Ask for growing offsets only. */
class LineCounter {
  readonly #text: string;
  #offset = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  at(offset: number): number {
    this.#line += this.#text.slice(this.#offset, offset).split(LINE_BREAK).length - 1;
    this.#offset = offset;
    return this.#line;
  }
}
