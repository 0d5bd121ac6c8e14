import type { Autoscaler } from '../../src/cluster/autoscalers/autoscaler.ts';

/** A reduced HPA of the Deployment `cart` with the given fields and defaults for the others. */
export function autoscaler(parts: Partial<Autoscaler> = {}): Autoscaler {
  return {
    kind: 'HorizontalPodAutoscaler',
    namespace: 'shop',
    name: 'cart',
    uid: 'u-1',
    resourceVersion: '1',
    deployment: 'cart',
    min: 1,
    max: 3,
    idle: undefined,
    scaledToZero: undefined,
    scaledObject: undefined,
    paused: false,
    pausedReplicas: undefined,
    active: false,
    ...parts,
  };
}
