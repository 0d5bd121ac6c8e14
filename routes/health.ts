import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { CacheNotSyncedError, ClusterBlockedError, UnhealthyError } from '../src/api/errors.ts';
import type { Operation } from '../src/api/operation.ts';
import { answerRead, type ReadAnswer } from '../src/api/read-answer.ts';
import { NoQuery } from '../src/api/schemas.ts';

const Health = Type.Object(
  {
    status: Type.Literal('OK', {
      description: 'The cluster is ready, and contact with its API server is verified',
    }),
  },
  { title: 'Health', additionalProperties: false },
);

const getHealth: Operation = {
  operationId: 'getHealth',
  tag: 'Health',
  summary: 'Check whether the cluster can be served',
  description:
    'Answers 200 only if the cluster is `ready`: its Deployments are known, its API server has answered within the last 10 s, and it decides what clients may do. An outage shows within 15 s. Do not take the service out of use because of an error: it still serves reads while the API server is unreachable.',
  answer: {
    description: 'The cluster can be served',
    schema: Health,
    example: { status: 'OK' },
    headers: [],
  },
  errors: [new UnhealthyError(), new ClusterBlockedError(), new CacheNotSyncedError()],
};

const HEALTHY: ReadAnswer = { headers: [], body: JSON.stringify({ status: 'OK' }) };

/** `GET /healthz`: whether the cluster can be served. */
const healthRoutes: FastifyPluginCallbackTypebox = (app, _options, done) => {
  const schema = { querystring: NoQuery, response: { 200: Health } };
  app.get('/healthz', { schema, config: { operation: getHealth, rights: 'none' } }, (request, reply) =>
    answerRead(request, reply, {
      fromMemory: (cluster) => (cluster.isHealthy ? HEALTHY : undefined),
      async otherwise(cluster) {
        await cluster.checkHealth();
        return HEALTHY;
      },
    }),
  );
  done();
};

export default healthRoutes;
