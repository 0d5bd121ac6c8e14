import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { errorsOfReads, malformedIfNoneMatch } from '../src/api/common-errors.ts';
import * as errors from '../src/api/errors.ts';
import type { Operation } from '../src/api/operation.ts';
import { freshnessOf, freshnessParameters } from '../src/api/read-freshness.ts';
import { answerList } from '../src/api/read-list.ts';
import { selectorOf } from '../src/api/read-selector.ts';
import { DeploymentList, LabelSelector, Namespace } from '../src/api/schemas.ts';

const Query = Type.Object(
  {
    namespace: Type.Optional(Namespace),
    labelSelector: Type.Optional(LabelSelector),
    ...freshnessParameters,
  },
  { additionalProperties: false },
);

const listDeployments: Operation = {
  operationId: 'listDeployments',
  tag: 'Deployments',
  summary: 'List the Deployments of a namespace, or of all namespaces',
  description:
    'Without `namespace` the list contains the Deployments of all namespaces in which the caller may list them. If the caller may not list all of them, the API server is asked for each namespace; as long as that is not complete, the answer is 503 `ACCESS_UNDECIDED`, because a shorter list would look complete. The list of a namespace without Deployments is empty, whether the namespace exists or not. With `labelSelector` it contains only the Deployments that the selector matches; a selector that Kubernetes would refuse is refused with the position of the error. A list above 8 KiB is compressed as `Accept-Encoding` allows; for about a second after a change it may come uncompressed.',
  requestHeaders: ['If-None-Match'],
  answer: {
    description: 'The names of the Deployments, sorted',
    schema: DeploymentList,
    example: { deployments: ['default/my-deployment', 'shop/cart'] },
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

/** `GET /deployments`: the names of the Deployments of one namespace or of all, as `namespace/name`, sorted. */
const deploymentsRoutes: FastifyPluginCallbackTypebox = (app, _options, done) => {
  const schema = { querystring: Query };
  app.get(
    '/deployments',
    { schema, config: { operation: listDeployments, rights: 'list deployments' } },
    (request, reply) => {
      const { namespace } = request.query;
      const freshness = freshnessOf(request.query);
      const selector = selectorOf(request.query);
      return answerList(request, reply, {
        content: `names ${selector?.text ?? ''}`,
        fromMemory: (cluster) =>
          freshness === undefined ? cluster.knownList(namespace, selector) : undefined,
        otherwise: (cluster) => cluster.list(namespace, freshness, selector),
      });
    },
  );
  done();
};

export default deploymentsRoutes;
