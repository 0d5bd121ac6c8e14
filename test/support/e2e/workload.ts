/** The image under test. The nodes of the cluster must have it. */
export const IMAGE = process.env.E2E_IMAGE || 'k8s-deployment-scaler:latest';

/** A container that does nothing, from the one image that every node has. */
export const IDLE_CONTAINER = {
  name: 'idle',
  image: IMAGE,
  imagePullPolicy: 'IfNotPresent',
  command: ['node', '-e', 'setInterval(() => {}, 1e9)'],
};

interface DeploymentOptions {
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
  /** Prevents its pods from being scheduled, because running pods cost time if a count changes fast. */
  readonly nowhere?: boolean;
  /** Fields of the container that differ. */
  readonly container?: object;
}

/** A Deployment to scale. */
export function deployment({
  namespace,
  name,
  replicas,
  nowhere = false,
  container,
}: DeploymentOptions): object {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 0,
          containers: [{ ...IDLE_CONTAINER, ...container }],
          ...(nowhere && { nodeSelector: { 'e2e.example/there-is': 'no-such-node' } }),
        },
      },
    },
  };
}
