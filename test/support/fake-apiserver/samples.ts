import type { DeploymentSeed } from './deployments.ts';
import { lastApplied, NAME, NAMESPACE } from './sample-source.ts';

/** What Helm 4 gives to a Deployment of a chart that sets replicas. */
function helmRelease(release: string): Pick<DeploymentSeed, 'marks' | 'managers'> {
  return {
    marks: {
      labels: {
        'app.kubernetes.io/name': NAME,
        'app.kubernetes.io/instance': release,
        'app.kubernetes.io/managed-by': 'Helm',
        'app.kubernetes.io/part-of': NAMESPACE,
        'helm.sh/chart': `${release}-1.14.2`,
      },
      annotations: {
        'deployment.kubernetes.io/revision': '4',
        'meta.helm.sh/release-name': release,
        'meta.helm.sh/release-namespace': NAMESPACE,
      },
    },
    managers: [{ manager: 'helm', operation: 'Apply' }],
  };
}

/** The default content of a demo cluster: a small shop, which is easy to understand. */
export const SAMPLE_DEPLOYMENTS: readonly DeploymentSeed[] = [
  { namespace: 'default', name: 'my-deployment', replicas: 3 },
  { namespace: 'ingress', name: 'gateway', replicas: 2 },
  { namespace: 'monitoring', name: 'alertmanager', replicas: 2 },
  { namespace: 'monitoring', name: 'grafana', replicas: 1 },
  { namespace: 'monitoring', name: 'kube-state-metrics', replicas: 1 },
  { namespace: 'payments', name: 'fraud-check', replicas: 4 },
  {
    namespace: 'payments',
    name: 'ledger',
    replicas: 3,
    // Unlike the others, its manifest has a count, and it has rails.
    marks: {
      annotations: {
        ...lastApplied({ namespace: 'payments', name: 'ledger' }, 3),
        'k8s-deployment-scaler/min': '2',
        'k8s-deployment-scaler/max': '10',
      },
    },
  },
  { namespace: 'payments', name: 'payment-api', replicas: 6 },
  { namespace: 'shop', name: 'cart', replicas: 4 },
  { namespace: 'shop', name: 'catalog', replicas: 5, ...helmRelease('catalog') },
  { namespace: 'shop', name: 'checkout', replicas: 8 },
  { namespace: 'shop', name: 'recommendations-batch', replicas: 0 },
];

const SERVICES = [
  'api',
  'worker',
  'web',
  'cache',
  'search',
  'mailer',
  'billing',
  'reports',
  'proxy',
  'scheduler',
];
const COUNTS = [3, 1, 2, 0, 5, 2, 1, 10, 4, 2, 1];

const RELEASE = helmRelease(NAMESPACE);
/** What Helm 4 gives to Deployments of one release in each namespace. Their status has an old condition too. */
export const HELM_RELEASES: Pick<DeploymentSeed, 'marks' | 'managers'> = {
  ...RELEASE,
  marks: {
    ...RELEASE.marks,
    conditions: [
      {
        type: 'ReplicaFailure',
        status: 'False',
        lastUpdateTime: '2026-01-02T03:04:05Z',
        lastTransitionTime: '2026-01-02T03:04:05Z',
        reason: 'FailedCreate',
        message: `pods "${NAME}-7d9c5b8f6d-x2x4z" is forbidden: exceeded quota: ${NAMESPACE}`,
      },
    ],
  },
};

/**
 * `count` Deployments in order, spread evenly over `namespaces` namespaces. They are always the same.
 * @param common what all of them share
 */
export function generateDeployments(
  count: number,
  namespaces: number,
  common: Pick<DeploymentSeed, 'marks' | 'managers'> = {},
): DeploymentSeed[] {
  const each = Math.ceil(count / namespaces);
  return Array.from({ length: count }, (_, i) => ({
    namespace: `team-${String(Math.floor(i / each)).padStart(4, '0')}`,
    name: `${SERVICES[i % SERVICES.length]}-${String(i).padStart(6, '0')}`,
    replicas: COUNTS[i % COUNTS.length] ?? 1,
    ...common,
  }));
}
