import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { ClusterNotFoundError, RouteNotFoundError } from '../src/api/errors.ts';
import type { GuardedCluster } from '../src/cluster/access/guarded-cluster.ts';
import type { Cluster } from '../src/cluster/cluster.ts';
import type { Fleet } from '../src/fleet/fleet.ts';

/** A cluster as the service runs and watches it. Nothing here reads or changes a Deployment. */
export type ManagedCluster = Pick<
  Cluster,
  'name' | 'start' | 'stop' | 'reloadCredentials' | 'synced' | 'state' | 'objects' | 'mirrors' | 'reviews'
>;

/** What a fleet is made of; tests put a stand-in here. */
export type ServedCluster = ManagedCluster & Pick<Cluster, 'as'>;

/** What a route asks the RBAC of the cluster for; `none`: any client with a usable certificate may call it. */
export type Rights = 'none' | 'get deployments/scale' | 'patch deployments/scale' | 'list deployments';

export interface RequestClusterOptions {
  readonly createFleet: (log: FastifyBaseLogger) => Fleet<ServedCluster>;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The clusters. The plugin owns their clients and caches: they start and stop with the app. */
    readonly fleet: Fleet<ManagedCluster>;
  }
  interface FastifyRequest {
    /**
     * The cluster that the request is about, as its caller may use it: the one in its path, else the default. It stays
     * the same to the end of the request.
     */
    cluster: GuardedCluster;
    /** All clusters as the caller may use them, the default one first. */
    readonly clusters: readonly GuardedCluster[];
  }
  interface FastifyContextConfig {
    /** Every route declares it; one that does not keeps the app from starting. */
    rights?: Rights;
  }
}

/**
 * Owns the clusters, and gives each request the one that it is about, as its caller may use it. Starting does not wait
 * for their first lists: /readyz tells when they are done.
 */
export default fastifyPlugin(
  function requestClusterPlugin(app: FastifyInstance, { createFleet }: RequestClusterOptions, done) {
    const fleet = createFleet(app.log);
    app.decorate('fleet', fleet);
    app.decorateRequest('cluster');
    app.decorateRequest('clusters', {
      getter() {
        return fleet.clusters.map(([, cluster]) => cluster.as(this.identity));
      },
    });
    app.addHook('onRoute', ({ method, url, config }) => {
      if (config?.rights === undefined) throw new Error(`the route ${method} ${url} declares no rights`);
    });
    app.addHook('onRequest', (request, _reply, next) => {
      const name = clusterIn(request.params);
      const cluster = name === undefined ? fleet.default : fleet.get(name);
      if (cluster === undefined)
        return next(name ? new ClusterNotFoundError(name) : new RouteNotFoundError(request.url));
      request.cluster = cluster.as(request.identity);
      next();
    });
    app.addHook('onReady', async () => fleet.start());
    app.addHook('onClose', async () => fleet.stop());
    done();
  },
  { name: 'request-cluster', dependencies: ['identity'], fastify: '5.x' },
);

/** The `:cluster` of a route that is mounted there. */
function clusterIn(params: unknown): string | undefined {
  const name =
    typeof params === 'object' && params !== null && 'cluster' in params ? params.cluster : undefined;
  return typeof name === 'string' ? name : undefined;
}
