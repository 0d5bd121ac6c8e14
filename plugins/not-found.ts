import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { MethodNotAllowedError, RouteNotFoundError } from '../src/api/errors.ts';

/** Refuses unknown paths with 404 and wrong methods with 405 and Allow, before a body is read. */
export default fastifyPlugin(
  function notFoundPlugin(app: FastifyInstance, _options, done) {
    /**
     * The path with its cluster name replaced by `:cluster`, as in routes; unchanged if it names no existing cluster.
     */
    const inPattern = (path: string) => {
      const [, name = '', rest = ''] = /^\/([^/]+)(\/.+)$/.exec(path) ?? [];
      return app.fleet.get(name) === undefined ? path : `/:cluster${rest}`;
    };
    const methodsByPath = new Map<string, Set<string>>();
    app.addHook('onRoute', ({ url, method }) => {
      const methods = methodsByPath.get(url) ?? new Set();
      for (const each of [method].flat()) methods.add(each);
      methodsByPath.set(url, methods);
    });
    app.addHook('onRequest', (request, reply, next) => {
      if (!request.is404) return next();
      const [path = ''] = request.url.split('?', 1);
      const allowed = methodsByPath.get(path) ?? methodsByPath.get(inPattern(path));
      if (allowed === undefined) return next(new RouteNotFoundError(path));
      const list = [...allowed].sort().join(', ');
      reply.header('allow', list);
      next(new MethodNotAllowedError(request.method, list));
    });
    done();
  },
  { name: 'not-found', dependencies: ['request-cluster'], fastify: '5.x' },
);
