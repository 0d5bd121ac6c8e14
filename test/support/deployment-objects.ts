import type { Deployment } from '../../src/cluster/deployment.ts';

/** The reduced Deployment, from what a test wants to say of it. */
export function deployment(
  name: string,
  resourceVersion: string,
  parts: Partial<Deployment> = {},
): Deployment {
  return {
    namespace: 'default',
    name,
    uid: `uid-of-${name}`,
    resourceVersion,
    generation: 1,
    replicas: 1,
    ...parts,
  };
}

/** The Deployment as the API has it. */
export function apiObject({ namespace, name, uid, resourceVersion, generation, replicas }: Deployment) {
  return { metadata: { namespace, name, uid, resourceVersion, generation }, spec: { replicas } };
}
