import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { errorsOfReads } from '../src/api/common-errors.ts';
import { DeploymentStateSchema, exampleState } from '../src/api/deployment-state-schema.ts';
import * as errors from '../src/api/errors.ts';
import type { Operation } from '../src/api/operation.ts';
import { answerRead, type ReadAnswer } from '../src/api/read-answer.ts';
import { freshnessHeaders, freshnessOf, freshnessParameters } from '../src/api/read-freshness.ts';
import { DeploymentName, Namespace } from '../src/api/schemas.ts';
import type { GuardedCluster } from '../src/cluster/access/guarded-cluster.ts';
import type { Reading } from '../src/cluster/cache/reading.ts';
import { type Deployment, entityTag } from '../src/cluster/deployment.ts';

const Path = Type.Object({ namespace: Namespace, deployment: DeploymentName });
const Query = Type.Object(freshnessParameters, { additionalProperties: false });

const getDeployment: Operation = {
  operationId: 'getDeployment',
  tag: 'States',
  summary: 'Read the state of a Deployment',
  description:
    'The counts that are asked for, running and available, whether the Deployment gets on, who else sets its count, and who changed it last, from memory. `unknownOwners` says which right is missing if the autoscalers are not all known. `ETag` identifies the spec, for use in If-Match when the count is set; the state may change while it stays the same, so there is no 304.',
  answer: {
    description: 'The state',
    schema: DeploymentStateSchema,
    example: exampleState,
    headers: ['Age', 'ETag'],
    optionalHeaders: ['X-Resource-Version'],
  },
  errors: [
    ...errorsOfReads,
    new errors.ForbiddenError('client', 'get deployments/scale in namespace default'),
    new errors.ServiceForbiddenError('list and watch Deployments in namespace default'),
    new errors.DeploymentNotFoundError('my-deployment', 'default'),
  ],
};

/** `GET /deployments/{namespace}/{deployment}`: the state of one Deployment. */
const deploymentRoutes: FastifyPluginCallbackTypebox = (app, _options, done) => {
  app.get(
    '/deployments/:namespace/:deployment',
    {
      schema: { params: Path, querystring: Query, response: { 200: DeploymentStateSchema } },
      config: { operation: getDeployment, rights: 'get deployments/scale' },
    },
    (request, reply) => {
      const { namespace, deployment } = request.params;
      const freshness = freshnessOf(request.query);
      return answerRead(request, reply, {
        fromMemory(cluster) {
          const reading =
            freshness === undefined ? cluster.knownDeployment(namespace, deployment) : undefined;
          return reading && answerOf(cluster, reading);
        },
        otherwise: async (cluster) =>
          answerOf(cluster, await cluster.deployment(namespace, deployment, freshness)),
      });
    },
  );
  done();
};

function answerOf(cluster: GuardedCluster, reading: Reading<Deployment>): ReadAnswer {
  const headers = freshnessHeaders(reading);
  headers.push('etag', `"${entityTag(reading.value)}"`);
  // Names of managers and messages of conditions may have any characters, whose number is not that of their bytes.
  return { headers, body: Buffer.from(JSON.stringify(cluster.stateOf(reading.value))) };
}

export default deploymentRoutes;
