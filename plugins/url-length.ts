import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { UrlTooLongError } from '../src/api/errors.ts';

/** Refuses URLs that are longer than any sensible one; the HTTP server itself bounds them with the headers only. */
export default fastifyPlugin(
  function urlLengthPlugin(app: FastifyInstance, { maxUrlLength }: { readonly maxUrlLength: number }, done) {
    app.addHook('onRequest', (request, _reply, next) => {
      next(request.url.length > maxUrlLength ? new UrlTooLongError(maxUrlLength) : undefined);
    });
    done();
  },
  { name: 'url-length', fastify: '5.x' },
);
