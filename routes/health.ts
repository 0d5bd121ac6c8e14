import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { UnhealthyError } from '../src/errors.ts';
import { NoQuery } from './schemas.ts';

const Health = Type.Object({ status: Type.Literal('OK') }, { additionalProperties: false });

/** `GET /healthz`: whether contact with the Kubernetes API server is verified. */
const healthRoutes: FastifyPluginCallbackTypebox = (app, _options, done) => {
  app.get('/healthz', { schema: { querystring: NoQuery, response: { 200: Health } } }, async () => {
    try {
      await app.cluster.checkHealth();
    } catch (cause) {
      throw new UnhealthyError({ cause });
    }
    return { status: 'OK' as const };
  });
  done();
};

export default healthRoutes;
