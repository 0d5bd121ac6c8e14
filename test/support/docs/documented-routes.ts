import fastify from 'fastify';
import type { Rights } from '../../../plugins/request-cluster.ts';
import clusterRoutes from '../../../routes/cluster-operations.ts';
import clustersRoutes from '../../../routes/clusters.ts';
import docsRoutes from '../../../routes/docs.ts';
import fleetEventsRoutes from '../../../routes/fleet-events.ts';
import pageRoutes from '../../../routes/page.ts';
import type { Operation } from '../../../src/api/operation.ts';
import { testLimits } from '../limits.ts';

/** A route as it is registered: what it declares for the API document, and the right that it needs. */
export interface DocumentedRoute {
  readonly method: string;
  /** `/deployments/{namespace}/{deployment}`. */
  readonly path: string;
  readonly rights: Rights;
  readonly schema: { readonly querystring?: unknown; readonly params?: unknown; readonly body?: unknown };
  /** Undefined: not in the API document. */
  readonly operation: Operation | undefined;
}

/** The routes of the service, in the order in which it registers them. */
export async function documentedRoutes(): Promise<DocumentedRoute[]> {
  const app = fastify();
  const routes: DocumentedRoute[] = [];
  app.addHook('onRoute', ({ method, url, schema = {}, config = {} }) => {
    const path = url.replaceAll(/:(\w+)/g, '{$1}');
    const { operation, rights = 'none' } = config;
    // Fastify adds a HEAD to each GET.
    if (method !== 'HEAD') routes.push({ method: String(method), path, rights, schema, operation });
  });
  await app.register(clusterRoutes, testLimits);
  await app.register(clusterRoutes, { ...testLimits, prefix: '/:cluster', oldName: true });
  await app.register(clustersRoutes);
  await app.register(fleetEventsRoutes);
  await app.register(docsRoutes);
  await app.register(pageRoutes);
  await app.close();
  return routes;
}
