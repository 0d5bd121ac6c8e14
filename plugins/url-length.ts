import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { UrlTooLongError } from '../src/api/errors.ts';

/** Refuses URLs that are too long. The HTTP server itself only limits the URL and the headers together. */
export default fastifyPlugin(
  function urlLengthPlugin(app: FastifyInstance, { maxUrlLength }: { readonly maxUrlLength: number }, done) {
    app.addHook('onRequest', (request, _reply, next) => {
      next(request.url.length > maxUrlLength ? new UrlTooLongError(maxUrlLength) : undefined);
    });
    done();
  },
  { name: 'url-length', fastify: '5.x' },
);
