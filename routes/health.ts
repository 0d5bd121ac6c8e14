import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { UnhealthyError } from '../src/errors.ts';
import { getHealth } from './operations.ts';
import { Health, NoQuery } from './schemas.ts';

/** `GET /healthz`: whether contact with the Kubernetes API server is verified. */
const healthRoutes: FastifyPluginCallbackTypebox = (app, _options, done) => {
  const schema = { querystring: NoQuery, response: { 200: Health } };
  app.get('/healthz', { schema, config: { operation: getHealth } }, async (request) => {
    try {
      await request.cluster.checkHealth();
    } catch (cause) {
      throw new UnhealthyError({ cause });
    }
    return { status: 'OK' as const };
  });
  done();
};

export default healthRoutes;
