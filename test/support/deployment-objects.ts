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
    labels: [],
    status: {
      observed: true,
      current: 1,
      updated: 1,
      ready: 1,
      available: 1,
      paused: false,
      trouble: undefined,
    },
    writers: [],
    appliedReplicas: undefined,
    marks: [],
    controller: undefined,
    rails: [],
    ...parts,
  };
}

/** The Deployment as an object of the API. */
export function apiObject(reduced: Deployment) {
  const { namespace, name, uid, resourceVersion, generation, replicas, labels } = reduced;
  const pairs = labels.flatMap((text, at) => (at % 2 === 0 ? [[text, labels[at + 1]]] : []));
  return {
    metadata: { namespace, name, uid, resourceVersion, generation, labels: Object.fromEntries(pairs) },
    spec: { replicas },
  };
}
