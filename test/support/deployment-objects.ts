import type { Deployment } from '../../src/cluster/deployment.ts';

/** A reduced Deployment with the given fields and defaults for the others. */
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

/** The Deployment as an object of the API. */
export function apiObject({ namespace, name, uid, resourceVersion, generation, replicas }: Deployment) {
  return { metadata: { namespace, name, uid, resourceVersion, generation }, spec: { replicas } };
}
