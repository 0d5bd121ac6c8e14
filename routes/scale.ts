import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { errorsOfReads, malformedIfNoneMatch } from '../src/api/common-errors.ts';
import { DeploymentStates, exampleState } from '../src/api/deployment-state-schema.ts';
import * as errors from '../src/api/errors.ts';
import type { Operation } from '../src/api/operation.ts';
import { freshnessOf, freshnessParameters } from '../src/api/read-freshness.ts';
import { answerList } from '../src/api/read-list.ts';
import { selectorOf } from '../src/api/read-selector.ts';
import { LabelSelector, Namespace } from '../src/api/schemas.ts';

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
      return answerList(request, reply, {
        content: `states ${selector?.text ?? ''}`,
        fromMemory: (cluster) =>
          freshness === undefined ? cluster.knownStates(namespace, selector) : undefined,
        otherwise: (cluster) => cluster.states(namespace, freshness, selector),
      });
    },
  );
  done();
};

export default scaleRoutes;
