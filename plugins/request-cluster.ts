import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { clusterIn } from '../src/api/cluster-in.ts';
import { ClusterNotFoundError, RouteNotFoundError } from '../src/api/errors.ts';
import type { Subject } from '../src/cluster/access/decisions.ts';
import type { GuardedCluster } from '../src/cluster/access/guarded-cluster.ts';
import type { Cluster } from '../src/cluster/cluster.ts';
import type { Fleet } from '../src/fleet/fleet.ts';
import type { Observed } from '../src/observability/metrics/metrics-sources.ts';

/** The part of a cluster that the service manages and observes. It cannot read or change a Deployment. */
export type ManagedCluster = Observed & Pick<Cluster, 'name' | 'reloadCredentials' | 'synced'>;

/** The clusters of the fleet; tests use a stand-in. */
export type ServedCluster = ManagedCluster & Pick<Cluster, 'as'>;

/**
 * The right that a route requires in the RBAC of the cluster; `none`: any client with a usable certificate may call it.
 */
export type Rights = 'none' | 'get deployments/scale' | 'patch deployments/scale' | 'list deployments';

export interface RequestClusterOptions {
  readonly createFleet: (log: FastifyBaseLogger) => Fleet<ServedCluster>;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The clusters. The plugin owns them, so their clients and caches start and stop with the app. */
    readonly fleet: Fleet<ManagedCluster>;
    /**
     * A cluster with the rights of a caller; undefined: there is none of this name.
     * @param name undefined: the default cluster
     */
    clusterFor(caller: Subject, name: string | undefined): GuardedCluster | undefined;
  }
  interface FastifyRequest {
    /**
     * The cluster in the path of the request, or the default one, with the rights of the caller. It stays the same
     * until the request ends.
     */
    cluster: GuardedCluster;
    /** All clusters with the rights of the caller, the default one first. */
    readonly clusters: readonly GuardedCluster[];
  }
  interface FastifyContextConfig {
    /** Every route must declare it; otherwise the app does not start. */
    rights?: Rights;
  }
}

/**
 * Owns the clusters, and gives each request its cluster with the rights of the caller. Starting does not wait for the
 * first lists of the clusters: /readyz tells when they are complete.
 */
export default fastifyPlugin(
  function requestClusterPlugin(app: FastifyInstance, { createFleet }: RequestClusterOptions, done) {
    const fleet = createFleet(app.log);
    app.decorate('fleet', fleet);
    app.decorate('clusterFor', (caller, name) =>
      (name === undefined ? fleet.default : fleet.get(name))?.as(caller),
    );
    app.decorateRequest('cluster');
    app.decorateRequest('clusters', {
      getter() {
        return fleet.clusters.map(([, cluster]) => cluster.as(this.identity));
      },
    });
    const undeclared: string[] = [];
    app.addHook('onRoute', ({ method, url, config }) => {
      if (config?.rights === undefined) undeclared.push(`${method} ${url}`);
    });
    app.addHook('onRequest', (request, _reply, next) => {
      const name = clusterIn(request.params);
      const cluster = app.clusterFor(request.identity, name);
      if (cluster === undefined)
        return next(name ? new ClusterNotFoundError(name) : new RouteNotFoundError(request.url));
      request.cluster = cluster;
      next();
    });
    app.addHook('onReady', async () => {
      // Throw here, because Fastify does not always pass on an error that an onRoute hook throws.
      if (undeclared.length > 0) throw new Error(`routes declare no rights: ${undeclared.join(', ')}`);
      fleet.start();
    });
    app.addHook('onClose', async () => fleet.stop());
    done();
  },
  { name: 'request-cluster', dependencies: ['identity'], fastify: '5.x' },
);
