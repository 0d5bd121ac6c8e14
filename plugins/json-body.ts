import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { InvalidBodyError, UnsupportedMediaTypeError } from '../src/api/errors.ts';

/**
 * Bodies are JSON and nothing else. Refuses what JSON.parse would change in silence: of a key that stands in a body
 * twice it takes the last, a proxy in front perhaps the first; and it rounds numbers, so that `1e-400` becomes 0 and
 * `2.9999999999999999` becomes 3. Numbers are therefore integers, written in digits only.
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
        if (hasRepeatedKey(text, body))
          return finish(new InvalidBodyError('a field stands in the body twice'), undefined);
        const fault = numberFault(text);
        if (fault !== undefined) return finish(new InvalidBodyError(fault), undefined);
        finish(null, body);
      });
    });
    done();
  },
  { name: 'json-body', fastify: '5.x' },
);

/**
 * Our bodies are flat and hold numbers only: what is well-formed has one colon a key. A body with strings or nested
 * objects may be counted wrong, but the schemas refuse those anyway.
 */
function hasRepeatedKey(text: string, body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false;
  const values = Object.values(body);
  if (values.some((value) => typeof value !== 'number')) return false;
  return text.split(':').length - 1 > values.length;
}

/** A string, with the colon after it where it is a key, or a number, in text that is well-formed JSON. */
const TOKEN = /"((?:[^"\\]+|\\.)*)"(\s*:)?|-?\d[\d.eE+-]*/g;
const INTEGER = /^(?!-0$)-?\d+$/;

/** What is wrong with the first number that is not an integer as it is written, or that JSON.parse would round. */
function numberFault(text: string): string | undefined {
  let field = 'every number';
  for (const [token, string, colon] of text.matchAll(TOKEN)) {
    if (colon !== undefined) field = `field ${string}`;
    if (string !== undefined) continue;
    if (!INTEGER.test(token)) return `${field} must be an integer, written in digits only`;
    if (!Number.isSafeInteger(Number(token))) return `${field} is out of range`;
  }
  return undefined;
}
