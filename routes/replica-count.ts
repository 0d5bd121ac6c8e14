import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { entityTag } from '../src/cluster/deployment.ts';
import { freshnessOf, setFreshnessHeaders } from './freshness.ts';
import { preconditionOf } from './if-match.ts';
import { getReplicaCount, setReplicaCount, setReplicaCountByOldName } from './operations.ts';
import { DeploymentName, freshnessParameters, Namespace, ReplicaCount, Scale } from './schemas.ts';

const target = { namespace: Namespace, deployment: DeploymentName };
const ReadQuery = Type.Object({ ...target, ...freshnessParameters }, { additionalProperties: false });
const WriteQuery = Type.Object(target, { additionalProperties: false });

export interface ReplicaCountOptions {
  /** Whether the write has its name of old as well, `/set-replica-count`. */
  readonly oldName?: boolean;
}

/** `GET` and `POST /replica-count`: reads and sets spec.replicas of one Deployment. */
const replicaCountRoutes: FastifyPluginCallbackTypebox<ReplicaCountOptions> = (app, { oldName }, done) => {
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
          ? request.cluster.deployment(namespace, deployment)
          : await request.cluster.freshDeployment(request.identity.user, namespace, deployment, freshness);
      setFreshnessHeaders(reply, reading);
      reply.header('etag', `"${entityTag(reading.value)}"`);
      return { replicaCount: reading.value.replicas };
    },
  );

  const names = [{ url: '/replica-count', operation: setReplicaCount }];
  if (oldName) names.push({ url: '/set-replica-count', operation: setReplicaCountByOldName });
  for (const { url, operation } of names) {
    app.post(
      url,
      {
        schema: { querystring: WriteQuery, body: Scale, response: { 200: ReplicaCount } },
        config: { operation },
      },
      async (request, reply) => {
        const { cluster, identity } = request;
        const { namespace, deployment } = request.query;
        const { replicas } = request.body;
        const from = cluster.replicasOf(namespace, deployment);
        request.audit = { cluster: cluster.name, namespace, deployment, from, to: replicas };
        await app.authorizeScale(request, namespace, deployment);
        const precondition = preconditionOf(request.headers['if-match']);
        const { user } = identity;
        request.reserveAuditLine();
        const written = await cluster.scale({ namespace, deployment, replicas, user, precondition });
        reply.header('x-resource-version', written.resourceVersion);
        if (written.entityTag !== undefined) reply.header('etag', `"${written.entityTag}"`);
        return { replicaCount: written.replicas };
      },
    );
  }
  done();
};

export default replicaCountRoutes;
