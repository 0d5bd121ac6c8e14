import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { errorsOfReads, malformedIfNoneMatch } from '../src/api/common-errors.ts';
import { DeploymentStates, exampleState } from '../src/api/deployment-state-schema.ts';
import * as errors from '../src/api/errors.ts';
import type { Operation } from '../src/api/operation.ts';
import { answerRead, type ReadHeaders } from '../src/api/read-answer.ts';
import { freshnessOf, freshnessParameters } from '../src/api/read-freshness.ts';
import { selectorOf } from '../src/api/read-selector.ts';
import { LabelSelector, Namespace } from '../src/api/schemas.ts';
import type { GuardedCluster } from '../src/cluster/access/guarded-cluster.ts';
import type { ListReading } from '../src/cluster/cache/reading.ts';

const { minResourceVersion } = freshnessParameters;
const Query = Type.Object(
  { namespace: Type.Optional(Namespace), labelSelector: Type.Optional(LabelSelector), minResourceVersion },
  { additionalProperties: false },
);

const listStates: Operation = {
  operationId: 'listStates',
  tag: 'States',
  summary: 'List the states of the Deployments of a namespace, or of all namespaces',
  description:
    'Contains the states of the Deployments that `GET /deployments` lists with the same parameters, from memory. An answer above 8 KiB is compressed as `Accept-Encoding` allows; for about a second after a change it may come uncompressed.',
  requestHeaders: ['If-None-Match'],
  answer: {
    description: 'The states',
    schema: DeploymentStates,
    example: { items: [exampleState] },
    headers: ['Age', 'ETag', 'Vary'],
    optionalHeaders: ['Content-Encoding', 'X-Resource-Version', 'X-Unavailable-Namespaces'],
  },
  errors: [
    ...errorsOfReads,
    malformedIfNoneMatch,
    new errors.AccessUndecidedError(61),
    new errors.ClusterBusyError(),
    new errors.ForbiddenError('client', 'list deployments in namespace shop'),
    new errors.ServiceForbiddenError('list and watch Deployments in namespace shop'),
  ],
};

/** `GET /scale`: the states of the Deployments of one namespace or of all. */
const scaleRoutes: FastifyPluginCallbackTypebox = (app, _options, done) => {
  app.get(
    '/scale',
    {
      schema: { querystring: Query, response: { 200: DeploymentStates } },
      config: { operation: listStates, rights: 'list deployments' },
    },
    (request, reply) => {
      const { namespace } = request.query;
      const freshness = freshnessOf(request.query);
      const selector = selectorOf(request.query);
      const answerOf = (cluster: GuardedCluster, reading: ListReading, headers: ReadHeaders) => {
        const name = () => `${cluster.name} states ${reading.shown} ${selector?.text ?? ''}`;
        return app.listAnswer({ list: reading.value, freshness: reading, name }, headers);
      };
      return answerRead(request, reply, {
        fromMemory(cluster, headers) {
          const reading = freshness === undefined ? cluster.knownStates(namespace, selector) : undefined;
          return reading && answerOf(cluster, reading, headers);
        },
        otherwise: async (cluster, headers) =>
          answerOf(cluster, await cluster.states(namespace, freshness, selector), headers),
      });
    },
  );
  done();
};

export default scaleRoutes;
