import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { RateLimitedError } from '../src/api/errors.ts';
import { Rate } from '../src/lib/rate.ts';

/** Requests per user and second; 0: no limit. */
export interface RateLimitOptions {
  readonly readsPerSecond: number;
  readonly writesPerSecond: number;
}

/** Limits the rate of requests per user. Requests for unknown paths and with wrong methods count too. */
export default fastifyPlugin(
  function rateLimitPlugin(app: FastifyInstance, options: RateLimitOptions, done) {
    const { readsPerSecond, writesPerSecond } = options;
    const reads = readsPerSecond === 0 ? undefined : new Rate(readsPerSecond);
    const writes = writesPerSecond === 0 ? undefined : new Rate(writesPerSecond);
    app.addHook('onRequest', (request, _reply, next) => {
      const rate = request.method === 'GET' || request.method === 'HEAD' ? reads : writes;
      next(rate === undefined || rate.take(request.identity.user) ? undefined : new RateLimitedError());
    });
    done();
  },
  { name: 'rate-limit', dependencies: ['identity'], fastify: '5.x' },
);
