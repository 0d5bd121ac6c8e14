import type { FastifyPluginAsync } from 'fastify';
import batchRoutes, { type BatchOptions } from './batch.ts';
import changesRoutes from './changes.ts';
import deploymentRoutes from './deployment.ts';
import deploymentsRoutes from './deployments.ts';
import eventsRoutes from './events.ts';
import healthRoutes from './health.ts';
import limitsRoutes from './limits.ts';
import replicaCountRoutes, { type ReplicaCountOptions } from './replica-count.ts';
import scaleRoutes from './scale.ts';

/**
 * The operations on one cluster. They are mounted at `/` for the default cluster, and at `/:cluster` for each by name.
 */
const clusterRoutes: FastifyPluginAsync<ReplicaCountOptions & BatchOptions> = async (
  app,
  { oldName = false, maxBatchBodyBytes },
) => {
  await app.register(healthRoutes);
  await app.register(deploymentsRoutes);
  await app.register(deploymentRoutes);
  await app.register(changesRoutes);
  await app.register(scaleRoutes);
  await app.register(eventsRoutes);
  await app.register(limitsRoutes);
  await app.register(replicaCountRoutes, { oldName });
  await app.register(batchRoutes, { maxBatchBodyBytes });
};

export default clusterRoutes;
