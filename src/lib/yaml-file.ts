import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import {
  type Document,
  type DocumentOptions,
  isMap,
  LineCounter,
  type ParseOptions,
  parseDocument,
  type SchemaOptions,
} from 'yaml';

/** The way to a value in a file, for example `['clusters', 1, 'name']`. */
export type Field = readonly (string | number)[];

/** A place where a file does not have the form that its reader needs. */
export interface Mistake {
  /** File and line, such as `clusters.yaml:3`. */
  readonly at: string;
  readonly field: Field;
  /** The keyword of the schema that the value violates. */
  readonly keyword: string;
  /** What is wrong, to be read after the name of the field: `is not a known field`. */
  readonly meaning: string;
}

/** The text is not YAML. `message` has all mistakes; a message of the parser never quotes a value. */
export class YamlError extends Error {
  override readonly name = 'YamlError';
  /** The lines of the mistakes; undefined for a mistake of the whole file. */
  readonly mistakes: readonly { readonly line: number | undefined; readonly text: string }[];

  constructor(mistakes: YamlError['mistakes']) {
    super(mistakes.map(({ text }) => text).join('; '));
    this.mistakes = mistakes;
  }

  /** The mistakes with this path and their lines: `clusters.yaml:3: Map keys must be unique`. */
  locatedIn(path: string): string[] {
    return this.mistakes.map(({ line, text }) => `${path}${line === undefined ? '' : `:${line}`}: ${text}`);
  }
}

/** The content of a YAML file, and the line of each of its fields, for messages. */
export class YamlFile {
  readonly path: string;
  readonly content: unknown;
  readonly #document: Document;
  readonly #lines = new LineCounter();

  /** @throws YamlError */
  constructor(path: string, text: string, options: ParseOptions & DocumentOptions & SchemaOptions = {}) {
    this.path = path;
    this.#document = parseDocument(text, { ...options, lineCounter: this.#lines });
    const { errors } = this.#document;
    if (errors.length > 0)
      throw new YamlError(
        errors.map(({ pos, message }) => ({
          line: this.#lines.linePos(pos[0]).line,
          text: message.replace(/ at line .*/s, ''),
        })),
      );
    try {
      this.content = this.#document.toJS();
    } catch (error) {
      // Unknown aliases, and too many of them, are found only now.
      const text = error instanceof Error ? error.message : String(error);
      throw new YamlError([{ line: undefined, text }]);
    }
  }

  /** File and line of a field or, if the field is missing, of the object that lacks it. */
  at(field: Field): string {
    return `${this.path}:${this.#lines.linePos(this.#offsetOf(field) ?? 0).line}`;
  }

  /**
   * What is wrong with a value of the file.
   * @param value the value at `base`, possibly without parts that its reader ignores
   */
  mistakes(schema: TSchema, value: unknown, base: Field = []): Mistake[] {
    return (
      Value.Errors(schema, value)
        // The findings inside an unknown field repeat what `additionalProperties` says.
        .filter(({ keyword }) => keyword !== 'boolean')
        .map(({ instancePath, keyword, message, params }) => {
          const unknown = keyword === 'additionalProperties' ? namesIn(params) : [];
          const field = [...base, ...keysOf(instancePath), ...unknown.slice(0, 1)];
          return { at: this.at(field), field, keyword, meaning: meaningOf(keyword, message, params) };
        })
    );
  }

  #offsetOf(field: Field): number | undefined {
    const document = this.#document;
    const parent: unknown = field.length > 1 ? document.getIn(field.slice(0, -1), true) : document.contents;
    const key = field.at(-1);
    const pair = isMap(parent) ? parent.items.find((item) => String(item.key) === key) : undefined;
    return offsetIn(pair?.key) ?? offsetIn(document.getIn(field, true)) ?? offsetIn(parent);
  }
}

/** For example `clusters[1].name`. */
export function fieldName(field: Field): string {
  const name = field.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
  return name.slice(1) || 'the file';
}

/** The parts of a JSON pointer. Indices are numbers. */
function keysOf(pointer: string): Field {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => (/^\d+$/.test(key) ? Number(key) : key.replaceAll('~1', '/').replaceAll('~0', '~')));
}

function offsetIn(node: unknown): number | undefined {
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
  return Array.isArray(range) ? range[0] : undefined;
}

function meaningOf(keyword: string, message: string, params: unknown): string {
  if (keyword === 'additionalProperties') return 'is not a known field';
  if (keyword === 'required') return `lacks ${namesIn(params).join(', ')}`;
  return message;
}

/** The properties that a finding of the validator is about. */
function namesIn(params: unknown): string[] {
  if (typeof params !== 'object' || params === null) return [];
  return Object.values(params).flat().map(String);
}
