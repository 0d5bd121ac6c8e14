import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { ForbiddenError } from '../src/api/errors.ts';
import { NotSyncedError } from '../src/cluster/cluster-errors.ts';
import type { Identity } from '../src/tls/certificate-identity.ts';
import type { ClusterService } from './fleet.ts';

/** Who wants something, and of which cluster. */
export interface Asking {
  readonly identity: Identity;
  readonly cluster: ClusterService;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Resolves when the caller may read the count of the Deployment. @throws ForbiddenError */
    authorizeRead(asking: Asking, namespace: string, deployment: string): Promise<void>;
    /** Resolves when the caller may set it. @throws ForbiddenError */
    authorizeScale(asking: Asking, namespace: string, deployment: string): Promise<void>;
    /**
     * The namespaces whose Deployments a list shows the caller; undefined: all that it holds.
     * @throws ForbiddenError when there is none
     */
    authorizeList(asking: Asking, namespace: string | undefined): Promise<readonly string[] | undefined>;
  }
}

/** Lets the RBAC of the cluster decide what a caller may do, for reads from the cache as for writes. */
export default fastifyPlugin(
  function authorizationPlugin(app: FastifyInstance, _options, done) {
    const refuse = ({ identity }: Asking, action: string) => new ForbiddenError(identity.user, action);

    app.decorate('authorizeRead', async (asking, namespace, deployment) => {
      if (await asking.cluster.access.mayRead(asking.identity, namespace, deployment)) return;
      throw refuse(asking, `get deployments/scale in namespace ${namespace}`);
    });
    app.decorate('authorizeScale', async (asking, namespace, deployment) => {
      if (await asking.cluster.access.mayScale(asking.identity, namespace, deployment)) return;
      throw refuse(asking, `patch deployments/scale in namespace ${namespace}`);
    });
    app.decorate('authorizeList', async (asking, namespace) => {
      const { access } = asking.cluster;
      if (await access.mayList(asking.identity, namespace)) return undefined;
      if (namespace !== undefined) throw refuse(asking, `list deployments in namespace ${namespace}`);
      const listable = await access.listable(asking.identity, () => asking.cluster.namespaces);
      if (listable.length > 0) return listable;
      // Before the cache is filled nobody knows the namespaces, and so not whether the caller may list in one.
      throw asking.cluster.synced
        ? refuse(asking, 'list deployments in any namespace')
        : new NotSyncedError();
    });
    done();
  },
  { name: 'authorization', dependencies: ['fleet', 'identity'], fastify: '5.x' },
);
