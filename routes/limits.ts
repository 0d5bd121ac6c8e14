import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { errorsOfNamespaces } from '../src/api/common-errors.ts';
import * as errors from '../src/api/errors.ts';
import { exampleLimits, LimitsSchema, limitsAnswer } from '../src/api/limits-schema.ts';
import type { Operation } from '../src/api/operation.ts';
import { answerLater } from '../src/api/read-answer.ts';
import { freshnessHeaders } from '../src/api/read-freshness.ts';
import { DeploymentName, Namespace } from '../src/api/schemas.ts';
import type { GuardedCluster } from '../src/cluster/access/guarded-cluster.ts';

const Query = Type.Object(
  { namespace: Namespace, deployment: DeploymentName },
  { additionalProperties: false },
);

const getLimits: Operation = {
  operationId: 'getLimits',
  tag: 'Replica counts',
  summary: 'Read what limits the replica count of a Deployment',
  description:
    'The rails that hold for the count, where each comes from, and whether the client may read and set the count, from memory. It needs one of these two rights. A write that a rail refuses is answered with 422 `RAIL`; the count is never changed to one that is allowed. `force=true` passes no rail.',
  answer: {
    description: 'The limits',
    schema: LimitsSchema,
    example: exampleLimits,
    headers: ['Age'],
    optionalHeaders: ['X-Resource-Version'],
  },
  errors: [
    ...errorsOfNamespaces,
    new errors.CacheNotSyncedError(),
    new errors.ForbiddenError('client', 'get deployments/scale in namespace default'),
    new errors.ServiceForbiddenError('list and watch Deployments in namespace default'),
    new errors.DeploymentNotFoundError('my-deployment', 'default'),
  ],
};

/** `GET /limits`: what limits the count of one Deployment. */
const limitsRoutes: FastifyPluginCallbackTypebox = (app, _options, done) => {
  app.get(
    '/limits',
    {
      schema: { querystring: Query, response: { 200: LimitsSchema } },
      config: { operation: getLimits, rights: 'get deployments/scale' },
    },
    (request, reply) => {
      const { namespace, deployment } = request.query;
      return answerLater(reply, answerOf(request.cluster, namespace, deployment));
    },
  );
  done();
};

async function answerOf(cluster: GuardedCluster, namespace: string, deployment: string) {
  const limits = await cluster.limits(namespace, deployment);
  // Reasons may have any characters, whose number is not that of their bytes.
  return { headers: freshnessHeaders(limits.reading), body: Buffer.from(limitsAnswer(limits)) };
}

export default limitsRoutes;
