import type { FastifyPluginAsync } from 'fastify';
import deploymentsRoutes from './deployments.ts';
import healthRoutes from './health.ts';
import replicaCountRoutes, { type ReplicaCountOptions } from './replica-count.ts';

/** The operations on one cluster, to be mounted at `/` for the default one and at `/:cluster` for the one in the path. */
const clusterRoutes: FastifyPluginAsync<ReplicaCountOptions> = async (app, { oldName = false }) => {
  await app.register(healthRoutes);
  await app.register(deploymentsRoutes);
  await app.register(replicaCountRoutes, { oldName });
};

export default clusterRoutes;
