import { LRUCache } from 'lru-cache';

/** Where equal strings, and equal lists of strings without line breaks, become one. */
export interface Interning {
  /** An equal string: an earlier one if it is known. */
  text(text: string): string;
  /** An equal list: an earlier one if it is known. */
  list(texts: readonly string[]): readonly string[];
}

/** Keeps strings and lists as they are, for objects that are soon forgotten. */
export const NOT_INTERNED: Interning = { text: (text) => text, list: (texts) => texts };

/** How many strings and lists are known. The least recently used is forgotten first. */
const MAX_TEXTS = 4_096;
const MAX_LISTS = 1_024;
/** Longer strings are hardly ever equal, and would make the tables large. */
const MAX_CHARACTERS = 512;

/** Makes equal values one. It knows the most recently used ones only, so it does not grow with their number. */
export class Interned<T extends object> {
  readonly #known: LRUCache<string, T>;
  readonly #keyOf: (value: T) => string;

  /**
   * @param max how many values are known. The least recently used is forgotten first
   * @param keyOf values with the same key are equal
   */
  constructor(max: number, keyOf: (value: T) => string) {
    this.#known = new LRUCache({ max });
    this.#keyOf = keyOf;
  }

  /** An equal value: an earlier one if it is known. */
  one(value: T): T {
    const key = this.#keyOf(value);
    return key.length > MAX_CHARACTERS ? value : known(this.#known, key, value);
  }
}

/**
 * Interns strings that many objects share, so that each is in memory once. It knows the most recently used ones only,
 * so it does not grow with the number of objects; an equal string may thus exist more than once.
 */
export class Interner implements Interning {
  readonly #texts = new LRUCache<string, string>({ max: MAX_TEXTS });
  readonly #lists = new Interned<readonly string[]>(MAX_LISTS, (texts) => texts.join('\n'));

  text(text: string): string {
    return text.length > MAX_CHARACTERS ? text : known(this.#texts, text, text);
  }

  list(texts: readonly string[]): readonly string[] {
    return this.#lists.one(texts);
  }
}

function known<T extends object | string>(table: LRUCache<string, T>, key: string, value: T): T {
  const earlier = table.get(key);
  if (earlier !== undefined) return earlier;
  table.set(key, value);
  return value;
}
