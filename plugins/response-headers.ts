import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

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

/** Also used for answers that Fastify sends without running hooks. */
export function setStandardHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('cache-control', 'no-store');
  reply.header('x-content-type-options', 'nosniff');
  reply.header('x-request-id', request.id);
}
