import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { RateLimitedError } from '../src/errors.ts';

/** Requests of one user in any second; 0: no limit. */
export interface RateLimitOptions {
  readonly readsPerSecond: number;
  readonly writesPerSecond: number;
}

/** Users whose requests are counted; the ones that called least recently are forgotten first. */
const MAX_USERS = 10_000;

/** Limits how many requests one user makes, requests for unknown paths and wrong methods among them. */
export default fastifyPlugin(
  async function rateLimitPlugin(
    app: FastifyInstance,
    { readsPerSecond, writesPerSecond }: RateLimitOptions,
  ) {
    await app.register(rateLimit, { global: false, cache: MAX_USERS });
    const limiter = (max: number, kind: string) =>
      max === 0
        ? undefined
        : app.createRateLimit({
            max,
            timeWindow: 1_000,
            keyGenerator: (request: FastifyRequest) => `${kind} ${request.identity.user}`,
          });
    const reads = limiter(readsPerSecond, 'read');
    const writes = limiter(writesPerSecond, 'write');

    app.addHook('onRequest', (request, reply, next) => {
      const limit = request.method === 'GET' || request.method === 'HEAD' ? reads : writes;
      if (limit === undefined) return next();
      limit(request).then((state) => {
        if (state.isAllowed || !state.isExceeded) return next();
        reply.header('retry-after', Math.max(1, state.ttlInSeconds));
        next(new RateLimitedError());
      }, next);
    });
  },
  { name: 'rate-limit', dependencies: ['identity'], fastify: '5.x' },
);
