import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { UnhealthyError } from '../src/api/errors.ts';
import type { Operation } from '../src/api/operation.ts';
import { answerRead, type ReadAnswer } from '../src/api/read-answer.ts';
import { NoQuery } from '../src/api/schemas.ts';

const Health = Type.Object(
  { status: Type.Literal('OK', { description: 'Contact with the Kubernetes API server is verified' }) },
  { title: 'Health', additionalProperties: false },
);

const getHealth: Operation = {
  operationId: 'getHealth',
  tag: 'Health',
  summary: 'Check the contact with the Kubernetes API server',
  description:
    'Answers 200 only if the API server has answered within the last 10 s. Do not take the service out of use because of an error: it still serves reads while the API server is unreachable.',
  answer: {
    description: 'Contact is verified',
    schema: Health,
    example: { status: 'OK' },
    headers: [],
  },
  errors: [new UnhealthyError()],
};

const HEALTHY: ReadAnswer = { headers: [], body: JSON.stringify({ status: 'OK' }) };

/** `GET /healthz`: whether contact with the Kubernetes API server is verified. */
const healthRoutes: FastifyPluginCallbackTypebox = (app, _options, done) => {
  const schema = { querystring: NoQuery, response: { 200: Health } };
  app.get('/healthz', { schema, config: { operation: getHealth, rights: 'none' } }, (request, reply) =>
    answerRead(request, reply, {
      fromMemory: (cluster) => (cluster.isHealthy ? HEALTHY : undefined),
      async otherwise(cluster) {
        try {
          await cluster.checkHealth();
        } catch (cause) {
          throw new UnhealthyError({ cause });
        }
        return HEALTHY;
      },
    }),
  );
  done();
};

export default healthRoutes;
