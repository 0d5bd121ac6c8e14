import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { InvalidBodyError, UnsupportedMediaTypeError } from '../src/api/errors.ts';
import { shortened } from '../src/api/validation-message.ts';

/**
 * Accepts only bodies of type JSON, and refuses what JSON.parse would change silently. If an object has a key twice,
 * JSON.parse takes the last one, and a proxy in front may take the first. JSON.parse also rounds numbers: `1e-400`
 * becomes 0 and `2.9999999999999999` becomes 3. Numbers are therefore integers, written in digits only.
 */
export default fastifyPlugin(
  function jsonBodyPlugin(app: FastifyInstance, _options, done) {
    const parse = app.getDefaultJsonParser('error', 'error');
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text: string, finish) => {
      const coding = request.headers['content-encoding'] ?? 'identity';
      if (coding !== 'identity') return finish(new UnsupportedMediaTypeError(), undefined);
      // First: to parse and to validate many tiny values takes a hundred times as long as to read their bytes.
      if (hasTooManyParts(text)) return finish(new InvalidBodyError(TOO_MANY_PARTS), undefined);
      parse(request, text, (error, body: unknown) => {
        if (error !== null) return finish(error, undefined);
        const fault = faultIn(text);
        finish(fault === undefined ? null : new InvalidBodyError(shortened(fault)), body);
      });
    });
    done();
  },
  { name: 'json-body', fastify: '5.x' },
);

/** Brackets and commas of a body. The largest receipt that the service takes has 8 an item. */
const MAX_PARTS = 20_000;
const TOO_MANY_PARTS = 'it has far more items than the 1000 that a batch may have: send several batches';

/** Those in strings count too: the strings of a body that the schemas accept have few. */
function hasTooManyParts(text: string): boolean {
  let parts = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code !== COMMA && code !== OPENING_BRACKET && code !== OPENING_BRACE) continue;
    parts += 1;
    if (parts > MAX_PARTS) return true;
  }
  return false;
}

const COMMA = 0x2c;
const OPENING_BRACKET = 0x5b;
const OPENING_BRACE = 0x7b;

/**
 * A token of well-formed JSON: a string, with the colon after it if it is a key; a number; or punctuation. Every string
 * in it is closed, so the time to match a text is linear in its length.
 */
const TOKEN = /"((?:[^"\\]+|\\.)*)"(\s*:)?|(-?\d[\d.eE+-]*)|[[\]{},]/g;
const INTEGER = /^(?!-0$)-?\d+$/;

/** An object or an array that has begun and not ended. */
interface Open {
  /** The fields of an object so far; undefined: it is an array. */
  readonly fields: Set<string> | undefined;
  /** The field, or the index, of the value that is being read. */
  at: string | number;
}

/**
 * What JSON.parse would change silently in a well-formed body: a field that an object has twice, or else the first number
 * that is not written as an integer, or that would be rounded. Fields of nested objects are named by their paths, such as
 * `items/3/replicas`; undefined: nothing is changed.
 */
function faultIn(text: string): string | undefined {
  const open: Open[] = [];
  const path = () => pathOf(open);
  let fault: string | undefined;
  for (const [token, string, colon, number] of text.matchAll(TOKEN)) {
    const current = open.at(-1);
    if (token === '{') open.push({ fields: new Set(), at: '' });
    else if (token === '[') open.push({ fields: undefined, at: 0 });
    else if (token === '}' || token === ']') open.pop();
    else if (token === ',' && typeof current?.at === 'number') current.at += 1;
    else if (colon !== undefined && current?.fields !== undefined) {
      // Decode escapes: `\u0072eplicas` is the field `replicas`.
      const field: string = JSON.parse(`"${string}"`);
      current.at = field;
      if (current.fields.has(field)) return `${path()} is given more than once`;
      current.fields.add(field);
    } else if (number !== undefined) fault ??= faultOf(number, path);
  }
  return fault;
}

function faultOf(number: string, path: () => string): string | undefined {
  if (!INTEGER.test(number)) return `${path()} must be an integer, written in digits only`;
  if (!Number.isSafeInteger(Number(number))) return `${path()} is out of range`;
  return undefined;
}

/** No value that a schema accepts is deeper. */
const MAX_DEPTH = 4;

function pathOf(open: readonly Open[]): string {
  const isInObject = open.some(({ fields }) => fields !== undefined);
  const path = open.slice(0, MAX_DEPTH).map(({ at }) => at);
  return isInObject ? `field ${path.join('/')}` : 'every number';
}
