import type { Config } from '../../config/config.ts';

/** A right that the account of the service should have. */
export interface Right {
  readonly verbs: readonly string[];
  /** Empty: the core group. */
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  /** Whether namespaces do not matter. */
  readonly clusterWide?: boolean;
  /** Whether some of the namespaces are enough: the chart can grant it so (`scaling.namespaces`). */
  readonly inSomeNamespaces?: boolean;
  /** Whether the service does not do its work without it. */
  readonly needed: boolean;
  /** What is missing without it, in all namespaces or in one. */
  readonly loss: string;
}

/** The rights that this configuration uses, as docs/reference and the chart list them. */
export function rightsFor(
  config: Pick<Config, 'AUTHORIZATION_MODE' | 'WATCH_HPAS' | 'WATCH_SCALED_OBJECTS'>,
): Right[] {
  const reviews: Right = {
    verbs: ['create'],
    group: 'authorization.k8s.io',
    resource: 'subjectaccessreviews',
    clusterWide: true,
    needed: true,
    loss: 'the service cannot ask what clients may do, and answers their requests with 503',
  };
  const autoscalers = (group: string, resource: string): Right => ({
    verbs: ['list', 'watch'],
    group,
    resource,
    needed: false,
    loss: `the service knows no ${resource}: it does not say that one would undo a write, nor refuse that write`,
  });
  return [
    ...(config.AUTHORIZATION_MODE === 'AlwaysAllow' ? [] : [reviews]),
    {
      verbs: ['list', 'watch'],
      group: 'apps',
      resource: 'deployments',
      needed: true,
      loss: 'the Deployments are not read, and requests about them are refused',
    },
    {
      verbs: ['get'],
      group: 'apps',
      resource: 'deployments',
      needed: true,
      loss: 'what needs the present state is answered with 403 SERVICE_FORBIDDEN: reads with maxAge=0, and writes with If-Match, in batches, under some rails or of the count that is there already; a rollout that does not progress has no reasons of pods',
    },
    {
      verbs: ['get', 'patch'],
      group: 'apps',
      resource: 'deployments',
      subresource: 'scale',
      inSomeNamespaces: true,
      needed: true,
      loss: 'no count can be set here: writes are answered with 403 SERVICE_FORBIDDEN',
    },
    ...(config.WATCH_HPAS ? [autoscalers('autoscaling', 'horizontalpodautoscalers')] : []),
    ...(config.WATCH_SCALED_OBJECTS ? [autoscalers('keda.sh', 'scaledobjects')] : []),
    {
      verbs: ['create'],
      group: '',
      resource: 'events',
      needed: false,
      loss: 'writes leave no Event, so `kubectl describe` does not show who set a count',
    },
    {
      verbs: ['list'],
      group: 'apps',
      resource: 'replicasets',
      needed: false,
      loss: 'a rollout that does not progress has no reasons of pods',
    },
    {
      verbs: ['list'],
      group: '',
      resource: 'pods',
      needed: false,
      loss: 'a rollout that does not progress has no reasons of pods',
    },
  ];
}

/** As kubectl takes it: `deployments.apps/scale`, `events`. */
export function nameOf({ group, resource, subresource }: Right): string {
  return [
    group === '' ? resource : `${resource}.${group}`,
    ...(subresource === undefined ? [] : [subresource]),
  ].join('/');
}
