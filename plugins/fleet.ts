import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { ClusterNotFoundError, RouteNotFoundError } from '../src/api/errors.ts';
import type { Cluster } from '../src/cluster/cluster.ts';
import type { Fleet } from '../src/fleet/fleet.ts';

/** What routes may do with a cluster; tests put a stand-in here. */
export type ClusterService = Pick<
  Cluster,
  | 'name'
  | 'start'
  | 'stop'
  | 'reloadCredentials'
  | 'synced'
  | 'state'
  | 'objects'
  | 'mirrors'
  | 'namespaces'
  | 'deployment'
  | 'freshDeployment'
  | 'list'
  | 'freshList'
  | 'replicasOf'
  | 'scale'
  | 'checkHealth'
  | 'access'
  | 'reviews'
>;

export interface FleetPluginOptions {
  readonly createFleet: (log: FastifyBaseLogger) => Fleet<ClusterService>;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The clusters. The plugin owns their clients and caches: they start and stop with the app. */
    readonly fleet: Fleet<ClusterService>;
  }
  interface FastifyRequest {
    /** The cluster that the request is about: the one in its path, else the default. It stays the same to its end. */
    cluster: ClusterService;
  }
}

/**
 * Owns the clusters, and finds the one that a request is about. Starting does not wait for their first lists: /readyz
 * tells when they are done.
 */
export default fastifyPlugin(
  function fleetPlugin(app: FastifyInstance, { createFleet }: FleetPluginOptions, done) {
    const fleet = createFleet(app.log);
    app.decorate('fleet', fleet);
    app.decorateRequest('cluster');
    app.addHook('onRequest', (request, _reply, next) => {
      const name = clusterIn(request.params);
      const cluster = name === undefined ? fleet.default : fleet.get(name);
      if (cluster === undefined)
        return next(name ? new ClusterNotFoundError(name) : new RouteNotFoundError(request.url));
      request.cluster = cluster;
      next();
    });
    app.addHook('onReady', async () => fleet.start());
    app.addHook('onClose', async () => fleet.stop());
    done();
  },
  { name: 'fleet', fastify: '5.x' },
);

/** The `:cluster` of a route that is mounted there. */
function clusterIn(params: unknown): string | undefined {
  const name =
    typeof params === 'object' && params !== null && 'cluster' in params ? params.cluster : undefined;
  return typeof name === 'string' ? name : undefined;
}
