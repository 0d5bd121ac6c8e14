import type { DeploymentSeed } from './deployments.ts';

/** The default content of a demo cluster: a small shop, which is easy to understand. */
export const SAMPLE_DEPLOYMENTS: readonly DeploymentSeed[] = [
  { namespace: 'default', name: 'my-deployment', replicas: 3 },
  { namespace: 'ingress', name: 'gateway', replicas: 2 },
  { namespace: 'monitoring', name: 'alertmanager', replicas: 2 },
  { namespace: 'monitoring', name: 'grafana', replicas: 1 },
  { namespace: 'monitoring', name: 'kube-state-metrics', replicas: 1 },
  { namespace: 'payments', name: 'fraud-check', replicas: 4 },
  { namespace: 'payments', name: 'ledger', replicas: 3 },
  { namespace: 'payments', name: 'payment-api', replicas: 6 },
  { namespace: 'shop', name: 'cart', replicas: 4 },
  { namespace: 'shop', name: 'catalog', replicas: 5 },
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

/** `count` Deployments in order, spread evenly over `namespaces` namespaces. They are always the same. */
export function generateDeployments(count: number, namespaces: number): DeploymentSeed[] {
  const each = Math.ceil(count / namespaces);
  return Array.from({ length: count }, (_, i) => ({
    namespace: `team-${String(Math.floor(i / each)).padStart(4, '0')}`,
    name: `${SERVICES[i % SERVICES.length]}-${String(i).padStart(6, '0')}`,
    replicas: COUNTS[i % COUNTS.length] ?? 1,
  }));
}
