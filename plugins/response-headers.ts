import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { type HeaderPairs, setHeaders } from '../src/api/header-pairs.ts';

/**
 * Sets the headers of every answer: no caching, no guessing of the content type, and the id of the request in the log.
 */
export default fastifyPlugin(
  function responseHeadersPlugin(app: FastifyInstance, _options, done) {
    app.addHook('onRequest', (request, reply, next) => {
      setStandardHeaders(request, reply);
      next();
    });
    done();
  },
  { name: 'response-headers', fastify: '5.x' },
);

/** The headers of every answer, besides `X-Request-Id`. */
export const STANDARD_HEADERS: HeaderPairs = [
  'cache-control',
  'no-store',
  'x-content-type-options',
  'nosniff',
];

/** Also used for answers that Fastify sends without running hooks. */
export function setStandardHeaders(request: FastifyRequest, reply: FastifyReply): void {
  setHeaders(reply, STANDARD_HEADERS);
  reply.header('x-request-id', request.id);
}
