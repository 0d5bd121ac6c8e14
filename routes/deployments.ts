import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { freshnessOf, setFreshnessHeaders } from './freshness.ts';
import { listDeployments } from './operations.ts';
import { freshnessParameters, Namespace } from './schemas.ts';

const Query = Type.Object(
  { namespace: Type.Optional(Namespace), ...freshnessParameters },
  { additionalProperties: false },
);

/** `GET /deployments`: the names of the Deployments, `namespace/name`, sorted; of one namespace or of all. */
const deploymentsRoutes: FastifyPluginCallbackTypebox = (app, _options, done) => {
  const schema = { querystring: Query };
  app.get('/deployments', { schema, config: { operation: listDeployments } }, async (request, reply) => {
    const { cluster, identity } = request;
    const { namespace } = request.query;
    const only = await app.authorizeList(request, namespace);
    const shown =
      only && ((namespaces: () => readonly string[]) => cluster.access.listable(identity, namespaces));
    const freshness = freshnessOf(request.query);
    const reading =
      freshness === undefined
        ? cluster.list(namespace, only)
        : await cluster.freshList(identity.user, namespace, freshness, shown);
    setFreshnessHeaders(reply, reading);
    return reply.header('content-type', 'application/json; charset=utf-8').send(reading.value);
  });
  done();
};

export default deploymentsRoutes;
