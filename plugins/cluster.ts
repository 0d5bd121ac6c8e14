import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { Cluster } from '../src/cluster/cluster.ts';
import type { Logger } from '../src/cluster/logger.ts';

/** What routes may do with a cluster; tests put a stand-in here. */
export type ClusterService = Pick<
  Cluster,
  | 'start'
  | 'stop'
  | 'synced'
  | 'namespaces'
  | 'deployment'
  | 'freshDeployment'
  | 'list'
  | 'freshList'
  | 'replicasOf'
  | 'scale'
  | 'checkHealth'
  | 'access'
>;

export interface ClusterPluginOptions {
  readonly createCluster: (log: Logger) => ClusterService;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The cluster behind the core paths. The plugin owns it: it starts and stops with the app. */
    readonly cluster: ClusterService;
  }
}

/** Owns the cluster's client and cache. Starting does not wait for the first list: /readyz tells when it is done. */
export default fastifyPlugin(
  function clusterPlugin(app: FastifyInstance, { createCluster }: ClusterPluginOptions, done) {
    const cluster = createCluster(app.log);
    app.decorate('cluster', cluster);
    app.addHook('onReady', async () => cluster.start());
    app.addHook('onClose', async () => cluster.stop());
    done();
  },
  { name: 'cluster', fastify: '5.x' },
);
