import { inject } from 'vitest';
import { FakeApiServer } from '../fake-apiserver/fake-apiserver.ts';
import { type KubeApiserver, startKubeApiserver } from '../kube-apiserver.ts';
import { type KubeEndpoint, KubeRequests } from '../kube-requests.ts';
import '../../integration/global-setup.ts';

/** An API server to which the contract applies. */
export interface ContractTarget {
  readonly endpoint: KubeEndpoint;
  /** A kubeconfig of an administrator, as YAML. */
  readonly kubeconfig: string;
  /** Lets a user list Deployments in one namespace. */
  allowListing(user: string, namespace: string): Promise<void>;
  stop(): Promise<void>;
}

/** An API server that can forget its history. */
export interface ForgetfulTarget extends ContractTarget {
  /** Forgets the history, as after a restart and a compaction of etcd. */
  forgetHistory(): Promise<void>;
}

export const TARGETS = { 'demo cluster': demoCluster, 'kube-apiserver': sharedApiserver };
export const FORGETFUL_TARGETS = { 'demo cluster': demoCluster, 'kube-apiserver': ownApiserver };

/** A demo cluster without controllers, like the real API server of these tests. */
async function demoCluster(): Promise<ForgetfulTarget> {
  const cluster = await FakeApiServer.start({ rolloutDelayMs: Number.POSITIVE_INFINITY });
  const { cert, key } = cluster.clientCertificate;
  return {
    endpoint: { url: cluster.url, ca: cluster.ca, cert, key },
    kubeconfig: cluster.kubeconfig,
    async allowListing(user, namespace) {
      cluster.roles.allow({
        users: [user],
        verbs: ['list'],
        resources: ['deployments'],
        namespaces: [namespace],
      });
    },
    forgetHistory: () => cluster.restart(),
    stop: () => cluster.stop(),
  };
}

async function sharedApiserver(): Promise<ContractTarget> {
  const { kubeconfig, ...endpoint } = inject('kubeApiserver');
  return {
    endpoint,
    kubeconfig,
    allowListing: (user, namespace) => bindRole(endpoint, user, namespace),
    stop: async () => {},
  };
}

async function ownApiserver(): Promise<ForgetfulTarget> {
  const apiserver: KubeApiserver = await startKubeApiserver();
  const { url, ca, kubeconfig, admin } = apiserver;
  const endpoint = { url, ca, cert: admin.cert, key: admin.key };
  return {
    endpoint,
    kubeconfig,
    allowListing: (user, namespace) => bindRole(endpoint, user, namespace),
    async forgetHistory() {
      await apiserver.killApiserver();
      await apiserver.compactEtcd();
      await apiserver.startApiserver();
    },
    stop: () => apiserver.stop(),
  };
}

async function bindRole(endpoint: KubeEndpoint, user: string, namespace: string): Promise<void> {
  const kube = new KubeRequests(endpoint);
  const apiGroup = 'rbac.authorization.k8s.io';
  const path = `/apis/${apiGroup}/v1/namespaces/${namespace}`;
  await kube.post(`${path}/roles`, {
    apiVersion: `${apiGroup}/v1`,
    kind: 'Role',
    metadata: { name: user },
    rules: [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['list'] }],
  });
  await kube.post(`${path}/rolebindings`, {
    apiVersion: `${apiGroup}/v1`,
    kind: 'RoleBinding',
    metadata: { name: user },
    subjects: [{ kind: 'User', name: user, apiGroup }],
    roleRef: { kind: 'Role', name: user, apiGroup },
  });
  await kube.close();
}
