import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { errorsOfReads } from '../src/api/common-errors.ts';
import { DeploymentChangesSchema, exampleChanges } from '../src/api/deployment-changes-schema.ts';
import * as errors from '../src/api/errors.ts';
import type { Operation } from '../src/api/operation.ts';
import type { ReadAnswer } from '../src/api/read-answer.ts';
import { answerDeployment } from '../src/api/read-deployment.ts';
import { freshnessHeaders, freshnessOf, freshnessParameters } from '../src/api/read-freshness.ts';
import { DeploymentName, Namespace } from '../src/api/schemas.ts';
import type { GuardedCluster } from '../src/cluster/access/guarded-cluster.ts';
import type { Reading } from '../src/cluster/cache/reading.ts';
import type { Deployment } from '../src/cluster/deployment.ts';

const Path = Type.Object({ namespace: Namespace, deployment: DeploymentName });
const { minResourceVersion } = freshnessParameters;
// No maxAge: the API server itself keeps no changes.
const Query = Type.Object({ minResourceVersion }, { additionalProperties: false });

const getChanges: Operation = {
  operationId: 'getChanges',
  tag: 'States',
  summary: 'Read who changed the replica count of a Deployment',
  description:
    'The last changes of the count that this replica of the service has seen since it started, up to 20, from memory. Without any, it is the one that managedFields tell, if they do. It is not an audit log: memory is limited, a restart empties it, and changes during an outage of the watch look like one.',
  answer: {
    description: 'The changes',
    schema: DeploymentChangesSchema,
    example: exampleChanges,
    headers: ['Age'],
    optionalHeaders: ['X-Resource-Version'],
  },
  errors: [
    ...errorsOfReads,
    new errors.ForbiddenError('client', 'get deployments/scale in namespace default'),
    new errors.ServiceForbiddenError('list and watch Deployments in namespace default'),
    new errors.DeploymentNotFoundError('my-deployment', 'default'),
  ],
};

/** `GET /deployments/{namespace}/{deployment}/changes`: who changed the count of one Deployment. */
const changesRoutes: FastifyPluginCallbackTypebox = (app, _options, done) => {
  app.get(
    '/deployments/:namespace/:deployment/changes',
    {
      schema: { params: Path, querystring: Query, response: { 200: DeploymentChangesSchema } },
      config: { operation: getChanges, rights: 'get deployments/scale' },
    },
    (request, reply) => {
      const { namespace, deployment } = request.params;
      const freshness = freshnessOf(request.query);
      return answerDeployment(request, reply, { namespace, deployment, freshness, answerOf });
    },
  );
  done();
};

function answerOf(cluster: GuardedCluster, reading: Reading<Deployment>): ReadAnswer {
  // Names of managers may have any characters, whose number is not that of their bytes.
  const body = Buffer.from(JSON.stringify(cluster.changesOf(reading.value)));
  return { headers: freshnessHeaders(reading), body };
}

export default changesRoutes;
