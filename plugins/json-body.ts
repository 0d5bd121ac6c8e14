import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { InvalidBodyError, UnsupportedMediaTypeError } from '../src/errors.ts';

/**
 * Bodies are JSON and nothing else, and a key that stands in them twice is refused: JSON.parse would take the last
 * one in silence, a proxy in front perhaps the first.
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
