import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { NotSyncedError } from '../src/cluster/errors.ts';
import { ForbiddenError } from '../src/errors.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Resolves when the caller may read the count of the Deployment. @throws ForbiddenError */
    authorizeRead(request: FastifyRequest, namespace: string, deployment: string): Promise<void>;
    /** Resolves when the caller may set it. @throws ForbiddenError */
    authorizeScale(request: FastifyRequest, namespace: string, deployment: string): Promise<void>;
    /**
     * The namespaces whose Deployments a list shows the caller; undefined: all that it holds.
     * @param candidates the namespaces to choose from where the caller may not list cluster-wide
     * @throws ForbiddenError when there is none
     */
    authorizeList(
      request: FastifyRequest,
      namespace: string | undefined,
      candidates: () => readonly string[],
    ): Promise<readonly string[] | undefined>;
  }
}

/** Lets the RBAC of the cluster decide what a caller may do, for reads from the cache as for writes. */
export default fastifyPlugin(
  function authorizationPlugin(app: FastifyInstance, _options, done) {
    const { access } = app.cluster;
    const refuse = ({ identity }: FastifyRequest, action: string) =>
      new ForbiddenError(identity.user, action);

    app.decorate('authorizeRead', async (request, namespace, deployment) => {
      if (await access.mayRead(request.identity, namespace, deployment)) return;
      throw refuse(request, `get deployments/scale in namespace ${namespace}`);
    });
    app.decorate('authorizeScale', async (request, namespace, deployment) => {
      if (await access.mayScale(request.identity, namespace, deployment)) return;
      throw refuse(request, `patch deployments/scale in namespace ${namespace}`);
    });
    app.decorate('authorizeList', async (request, namespace, candidates) => {
      if (await access.mayList(request.identity, namespace)) return undefined;
      if (namespace !== undefined) throw refuse(request, `list deployments in namespace ${namespace}`);
      const listable = await access.listable(request.identity, candidates());
      if (listable.length > 0) return listable;
      // Before the cache is filled nobody knows the namespaces, and so not whether the caller may list in one.
      throw app.cluster.synced ? refuse(request, 'list deployments in any namespace') : new NotSyncedError();
    });
    done();
  },
  { name: 'authorization', dependencies: ['cluster', 'identity'], fastify: '5.x' },
);
