import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { InvalidBodyError, UnsupportedMediaTypeError } from '../src/api/errors.ts';

/**
 * Accepts only bodies of type JSON, and refuses what JSON.parse would change silently. If a body has a key twice,
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
      parse(request, text, (error, body: unknown) => {
        if (error !== null) return finish(error, undefined);
        const repeated = repeatedField(text);
        const fault =
          repeated === undefined ? numberFault(text) : `field ${repeated} is given more than once`;
        finish(fault === undefined ? null : new InvalidBodyError(fault), body);
      });
    });
    done();
  },
  { name: 'json-body', fastify: '5.x' },
);

/**
 * A token of well-formed JSON: a string, with the colon after it if it is a key; a number; or a bracket. Every string
 * in it is closed, so the time to match a text is linear in its length.
 */
const TOKEN = /"((?:[^"\\]+|\\.)*)"(\s*:)?|(-?\d[\d.eE+-]*)|[[\]{}]/g;
const INTEGER = /^(?!-0$)-?\d+$/;

/**
 * The first field that a body contains more than once. It only checks the top level, because the schemas refuse nested
 * objects.
 */
function repeatedField(text: string): string | undefined {
  const fields = new Set<string>();
  let depth = 0;
  for (const [token, string, colon] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') depth += 1;
    if (token === '}' || token === ']') depth -= 1;
    if (colon === undefined || depth !== 1) continue;
    // Decode escapes: `\u0072eplicas` is the field `replicas`.
    const field: string = JSON.parse(`"${string}"`);
    if (fields.has(field)) return field;
    fields.add(field);
  }
  return undefined;
}

/** What is wrong with the first number that is not written as an integer, or that JSON.parse would round. */
function numberFault(text: string): string | undefined {
  let field = 'every number';
  for (const [, string, colon, number] of text.matchAll(TOKEN)) {
    if (colon !== undefined) field = `field ${string}`;
    if (number === undefined) continue;
    if (!INTEGER.test(number)) return `${field} must be an integer, written in digits only`;
    if (!Number.isSafeInteger(Number(number))) return `${field} is out of range`;
  }
  return undefined;
}
