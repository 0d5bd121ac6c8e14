import { isObject, type JsonObject, MAX_OBJECT_BYTES, parseJson } from '../json.ts';
import { KubeMalformedError } from '../kube-errors.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Depths of nesting at which something is looked for: the keys of the list, and what stands in its `items`. */
const AT_KEYS = 1;
const AT_ITEMS = 2;

/**
 * Takes a list answer of the API apart while it comes in, one item at a time: parsed at once, a page of 500 Deployments
 * blocks the event loop for up to 50 ms, and an unpaged list of 10,000 for half a second. It looks only for where items
 * begin and end; JSON.parse judges what is in them and around them.
 */
export class ListDecoder {
  /** Everything but the items. */
  readonly #shell: Buffer[] = [];
  /** What has come of the item that is not yet whole. */
  #item: Buffer[] = [];
  #heldBytes = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #inItems = false;
  /** The string that came last at the depth of the keys, as it was written: `items` is never written with escapes. */
  #key = '';

  /** The items that this chunk completes. @throws KubeMalformedError for an item that is not JSON or too long */
  *push(chunk: Buffer): Generator<unknown> {
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (this.#inString) {
        this.#withinString(byte);
        continue;
      }
      switch (byte) {
        case QUOTE:
          this.#inString = true;
          if (this.#depth === AT_KEYS) this.#key = '';
          break;
        case OPEN_BRACE:
        case OPEN_BRACKET:
          this.#depth += 1;
          if (this.#depth === AT_ITEMS && byte === OPEN_BRACKET && this.#key === 'items') {
            this.#hold(chunk.subarray(start, at + 1));
            start = at + 1;
            this.#inItems = true;
          }
          break;
        case CLOSE_BRACE:
        case CLOSE_BRACKET:
          this.#depth -= 1;
          if (this.#inItems && this.#depth < AT_ITEMS) {
            yield* this.#takeItem(chunk.subarray(start, at));
            start = at;
            this.#inItems = false;
          }
          break;
        case COMMA:
          if (this.#depth === AT_KEYS) this.#key = '';
          if (this.#inItems && this.#depth === AT_ITEMS) {
            yield* this.#takeItem(chunk.subarray(start, at));
            start = at + 1;
          }
          break;
      }
    }
    this.#hold(chunk.subarray(start));
  }

  /** The list without its items. @throws KubeMalformedError when the answer is not a whole list */
  end(): JsonObject {
    const list = parseJson(Buffer.concat(this.#shell).toString());
    // An empty list of Go is null. A list without the key is none, and one whose items stand here was not taken apart:
    // neither must empty a cache.
    if (!isObject(list) || !(isEmptyArray(list.items) || list.items === null)) {
      throw new KubeMalformedError('a list has no items');
    }
    return list;
  }

  #hold(bytes: Buffer): void {
    (this.#inItems ? this.#item : this.#shell).push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > MAX_OBJECT_BYTES)
      throw new KubeMalformedError('a list or an item of it is too long');
  }

  #withinString(byte: number | undefined): void {
    if (byte === QUOTE && !this.#escaped) {
      this.#inString = false;
      return;
    }
    this.#escaped = byte === BACKSLASH && !this.#escaped;
    if (this.#depth === AT_KEYS && byte !== undefined) this.#key += String.fromCharCode(byte);
  }

  *#takeItem(last: Buffer): Generator<unknown> {
    const item = Buffer.concat([...this.#item, last]);
    this.#heldBytes -= item.length - last.length;
    this.#item = [];
    const text = item.toString();
    // Between the brackets of an empty list stands nothing.
    if (text.trim() !== '') yield parseJson(text);
  }
}

function isEmptyArray(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
