import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { entityTag } from '../src/cluster/deployment.ts';
import { freshnessOf, setFreshnessHeaders } from './freshness.ts';
import { preconditionOf } from './if-match.ts';
import { getReplicaCount, setReplicaCount } from './operations.ts';
import { DeploymentName, freshnessParameters, Namespace, ReplicaCount, Scale } from './schemas.ts';

const target = { namespace: Namespace, deployment: DeploymentName };
const ReadQuery = Type.Object({ ...target, ...freshnessParameters }, { additionalProperties: false });
const WriteQuery = Type.Object(target, { additionalProperties: false });

/** `GET` and `POST /replica-count`: reads and sets spec.replicas of one Deployment. */
const replicaCountRoutes: FastifyPluginCallbackTypebox = (app, _options, done) => {
  app.get(
    '/replica-count',
    {
      schema: { querystring: ReadQuery, response: { 200: ReplicaCount } },
      config: { operation: getReplicaCount },
    },
    async (request, reply) => {
      const { namespace, deployment } = request.query;
      await app.authorizeRead(request, namespace, deployment);
      const freshness = freshnessOf(request.query);
      const reading =
        freshness === undefined
          ? app.cluster.deployment(namespace, deployment)
          : await app.cluster.freshDeployment(namespace, deployment, freshness);
      setFreshnessHeaders(reply, reading);
      reply.header('etag', `"${entityTag(reading.value)}"`);
      return { replicaCount: reading.value.replicas };
    },
  );

  app.post(
    '/replica-count',
    {
      schema: { querystring: WriteQuery, body: Scale, response: { 200: ReplicaCount } },
      config: { operation: setReplicaCount },
    },
    async (request, reply) => {
      const { namespace, deployment } = request.query;
      const { replicas } = request.body;
      const from = app.cluster.replicasOf(namespace, deployment);
      request.audit = { namespace, deployment, from, to: replicas };
      await app.authorizeScale(request, namespace, deployment);
      const precondition = preconditionOf(request.headers['if-match']);
      const { user } = request.identity;
      const written = await app.cluster.scale({ namespace, deployment, replicas, user, precondition });
      reply.header('x-resource-version', written.resourceVersion);
      if (written.entityTag !== undefined) reply.header('etag', `"${written.entityTag}"`);
      return { replicaCount: written.replicas };
    },
  );
  done();
};

export default replicaCountRoutes;
