import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { RateLimitedError } from '../src/api/errors.ts';
import { Rate } from '../src/lib/rate.ts';

/** Requests per user and second; 0: no limit. */
export interface RateLimitOptions {
  readonly readsPerSecond: number;
  readonly writesPerSecond: number;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Counts a request of a user. Returns false if it is one too many. */
    takeRate(method: string, user: string): boolean;
  }
}

/** Limits the rate of requests per user. Requests for unknown paths and with wrong methods count too. */
export default fastifyPlugin(
  function rateLimitPlugin(app: FastifyInstance, options: RateLimitOptions, done) {
    const { readsPerSecond, writesPerSecond } = options;
    const reads = readsPerSecond === 0 ? undefined : new Rate(readsPerSecond);
    const writes = writesPerSecond === 0 ? undefined : new Rate(writesPerSecond);
    app.decorate('takeRate', (method, user) => {
      const rate = method === 'GET' || method === 'HEAD' ? reads : writes;
      return rate === undefined || rate.take(user);
    });
    app.addHook('onRequest', (request, _reply, next) => {
      next(app.takeRate(request.method, request.identity.user) ? undefined : new RateLimitedError());
    });
    done();
  },
  { name: 'rate-limit', dependencies: ['identity'], fastify: '5.x' },
);
