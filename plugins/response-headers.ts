import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

/** Headers of every answer: nothing is to be stored or guessed at, and each can be found in the log. */
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

/** For answers that are given before any hook runs, too. */
export function setStandardHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('cache-control', 'no-store');
  reply.header('x-content-type-options', 'nosniff');
  reply.header('x-request-id', request.id);
}
