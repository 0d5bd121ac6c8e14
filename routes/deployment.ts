import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import { awaitRollout, errorsOfWaits, headersOfWaitErrors, WaitSeconds } from '../src/api/await-rollout.ts';
import { errorsOfReads } from '../src/api/common-errors.ts';
import { DeploymentStateSchema, exampleState } from '../src/api/deployment-state-schema.ts';
import * as errors from '../src/api/errors.ts';
import type { Operation } from '../src/api/operation.ts';
import { answerLater, type ReadAnswer } from '../src/api/read-answer.ts';
import { answerDeployment } from '../src/api/read-deployment.ts';
import { freshnessHeaders, freshnessOf, freshnessParameters } from '../src/api/read-freshness.ts';
import { DeploymentName, Namespace } from '../src/api/schemas.ts';
import type { GuardedCluster } from '../src/cluster/access/guarded-cluster.ts';
import type { Reading } from '../src/cluster/cache/reading.ts';
import { type Deployment, entityTag } from '../src/cluster/deployment.ts';
import type { WaitLimits } from '../src/cluster/waits/rollout-waits.ts';

const Path = Type.Object({ namespace: Namespace, deployment: DeploymentName });
const Query = Type.Object(
  {
    ...freshnessParameters,
    wait: WaitSeconds(
      'Seconds to wait until the Deployment has `replicas`, all of them available, and none too many. minResourceVersion is then waited for within the same time. If it does not get them, the answer is an error that says what happened, and `Location` says where to wait on. Not with maxAge',
    ),
    replicas: Type.Optional(
      Type.String({
        description: 'The count that is waited for: needed with wait, and only with it',
        pattern: '^(0|[1-9][0-9]{0,9})$',
        examples: ['3'],
      }),
    ),
    uid: Type.Optional(
      Type.String({
        description:
          'Only with wait: the Deployment that is waited for, so that one that was created again under its name does not count. Default: the one that there is at the start',
        pattern: '^[-A-Za-z0-9._]+$',
        maxLength: 128,
        examples: ['0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60'],
      }),
    ),
  },
  { additionalProperties: false },
);

const getDeployment: Operation = {
  operationId: 'getDeployment',
  tag: 'States',
  summary: 'Read the state of a Deployment',
  description:
    'The counts that are asked for, running and available, whether the Deployment gets on, who else sets its count, and who changed it last, from memory. `unknownOwners` says which right is missing if the autoscalers are not all known. `ETag` identifies the spec, for use in If-Match when the count is set; the state may change while it stays the same, so there is no 304. With `wait`, the answer comes once the Deployment has its replicas: so a wait that a write began goes on without writing again, on this replica of the service or another.',
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
    ...errorsOfWaits,
  ],
  errorHeaders: headersOfWaitErrors(),
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
      const wanted = wantedOf(request.query);
      if (wanted !== undefined) {
        const target = { namespace, deployment, ...wanted };
        request.takeLongLivedPlace('waiter');
        const { cluster } = request;
        const wait = (limits: WaitLimits) => cluster.rollout(target, limits);
        const reading = awaitRollout(request, reply, target, wait);
        return answerLater(
          reply,
          reading.then((ready) => answerOf(cluster, ready)),
        );
      }
      const freshness = freshnessOf(request.query);
      return answerDeployment(request, reply, { namespace, deployment, freshness, answerOf });
    },
  );
  done();
};

/** What the query waits for; undefined: nothing. @throws InvalidQueryError */
function wantedOf({ wait, replicas, uid, maxAge, minResourceVersion }: Static<typeof Query>) {
  if (wait === undefined) {
    if (replicas === undefined && uid === undefined) return undefined;
    throw new errors.InvalidQueryError('query parameters replicas and uid need wait');
  }
  if (replicas === undefined) throw new errors.InvalidQueryError('query parameter wait needs replicas');
  if (maxAge !== undefined)
    throw new errors.InvalidQueryError('query parameters wait and maxAge exclude each other');
  return { seconds: Number(wait), replicas: Number(replicas), uid, resourceVersion: minResourceVersion };
}

function answerOf(cluster: GuardedCluster, reading: Reading<Deployment>): ReadAnswer {
  const headers = freshnessHeaders(reading);
  headers.push('etag', `"${entityTag(reading.value)}"`);
  // Names of managers and messages of conditions may have any characters, whose number is not that of their bytes.
  return { headers, body: Buffer.from(JSON.stringify(cluster.stateOf(reading.value))) };
}

export default deploymentRoutes;
