import type { FakeApiServer } from '../fake-apiserver/fake-apiserver.ts';
import { kubeconfigYaml } from '../kubeconfig.ts';
import type { TestService } from '../service.ts';

/** A service of two clusters, `healthy` and `faulty`. */
export interface TwoClusters {
  readonly service: TestService;
  readonly healthy: FakeApiServer;
  readonly faulty: FakeApiServer;
}

/** How a cluster goes bad. */
export interface ClusterFault {
  /** Behind "a cluster that is". */
  readonly name: string;
  /** Returns what ends it. */
  begin(clusters: TwoClusters): Promise<() => Promise<void> | void> | (() => Promise<void> | void);
  /** What writes are answered with; absent: they hang. */
  readonly code?: string;
  /** Whether nothing answers: then callers are refused without being made to wait. */
  readonly dead: boolean;
}

export const CLUSTER_FAULTS: readonly ClusterFault[] = [
  {
    name: 'killed',
    begin: async ({ faulty }) => {
      await faulty.refuseConnections();
      return () => faulty.acceptConnections();
    },
    code: 'KUBERNETES_UNREACHABLE',
    dead: true,
  },
  {
    name: 'black-holed',
    begin: ({ faulty }) => {
      faulty.freeze();
      return () => faulty.thaw();
    },
    dead: true,
  },
  {
    name: 'slow to answer',
    begin: ({ faulty }) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const fault = faulty.faults.add({ on: 'any', fault: { type: 'call', action: () => promise } });
      return () => {
        fault.remove();
        resolve();
      };
    },
    dead: false,
  },
  {
    name: 'seen with a wrong CA',
    begin: async ({ service, healthy, faulty }) => {
      const wrong = kubeconfigYaml(faulty.url, healthy.ca, { token: faulty.token });
      await service.rewriteKubeconfig('faulty', wrong);
      faulty.dropConnections();
      return () => service.rewriteKubeconfig('faulty', faulty.kubeconfig);
    },
    code: 'KUBERNETES_UNREACHABLE',
    dead: true,
  },
  {
    name: 'asked with an expired token',
    begin: ({ service, faulty }) => {
      faulty.rotateToken();
      faulty.dropConnections();
      return () => service.rewriteKubeconfig('faulty', faulty.kubeconfig);
    },
    code: 'KUBERNETES_UNAVAILABLE',
    dead: false,
  },
];
