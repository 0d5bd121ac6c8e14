import type { Config } from '../../config/config.ts';
import type { KubeApi } from '../../kube/client/kube-client.ts';
import { isObject } from '../../kube/json.ts';
import { KubeStatusError } from '../../kube/kube-errors.ts';
import type { Finding } from './findings.ts';

/** How many namespaces with Deployments are looked at, where a right is not granted in all. */
const MAX_NAMESPACES = 20;

/** A right that the account of the service should have. */
interface Right {
  readonly verbs: readonly string[];
  /** Empty: the core group. */
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  /** Whether namespaces do not matter. */
  readonly clusterWide?: boolean;
  /** Whether some of the namespaces are enough: the chart can grant it so (`scaling.namespaces`). */
  readonly inSomeNamespaces?: boolean;
  /** Whether the service is of no use without it. */
  readonly needed: boolean;
  /** What is missing without it. */
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
      loss: 'the cache stays empty, and requests are answered with 503',
    },
    {
      verbs: ['get'],
      group: 'apps',
      resource: 'deployments',
      needed: true,
      loss: 'a read that asks for the present count (maxAge=0) and the check after a write fail',
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

/** Where and as whom to ask. */
export interface RightsScope {
  readonly api: Pick<KubeApi, 'call'>;
  /** The account of the service there; undefined: not known. */
  readonly user: string | undefined;
  /** Empty: all namespaces. */
  readonly namespaces: readonly string[];
  readonly deadlineMs: number;
}

/** Asks the API server about each verb of a right, in each namespace. Its errors are thrown. */
export async function checkRight(right: Right, scope: RightsScope): Promise<Finding[]> {
  const { user } = scope;
  const asked = right.clusterWide || scope.namespaces.length === 0 ? [''] : scope.namespaces;
  const missing = await missingIn(asked, right, scope);
  const everywhere = missing.get('');
  if (right.inSomeNamespaces && everywhere !== undefined) {
    const some = await namespacesWithDeployments(scope);
    const missingThere = await missingIn(some, right, scope);
    if (missingThere.size < some.length)
      return findingsOf(some, missingThere, { ...right, needed: false }, user);
  }
  return findingsOf(asked, missing, right, user);
}

/** The verbs that are not granted, by namespace. */
async function missingIn(
  namespaces: readonly string[],
  right: Right,
  scope: RightsScope,
): Promise<Map<string, string[]>> {
  const missing = new Map<string, string[]>();
  for (const namespace of namespaces) {
    for (const verb of right.verbs) {
      if (await allows(verb, right, namespace, scope)) continue;
      missing.set(namespace, [...(missing.get(namespace) ?? []), verb]);
    }
  }
  return missing;
}

function findingsOf(
  asked: readonly string[],
  missing: ReadonlyMap<string, readonly string[]>,
  right: Right,
  user: string | undefined,
): Finding[] {
  const granted = asked.filter((namespace) => !missing.has(namespace));
  const denied = [...missing].map(([namespace, verbs]) => missingRight(verbs, right, namespace, user));
  if (granted.length === 0) return denied;
  const where = granted[0] === '' ? '' : ` in ${granted.join(', ')}`;
  return [{ verdict: 'ok', what: `${right.verbs.join(', ')} ${nameOf(right)}${where}` }, ...denied];
}

/** Some of the namespaces that have Deployments; none if these may not be listed. */
async function namespacesWithDeployments({ api, deadlineMs }: RightsScope): Promise<string[]> {
  try {
    const path = '/apis/apps/v1/deployments';
    const list = await api.call({ path, query: { limit: 500 }, deadlineMs });
    const items = isObject(list) && Array.isArray(list.items) ? list.items : [];
    const names = items.map((item) => isObject(item) && isObject(item.metadata) && item.metadata.namespace);
    return [...new Set(names.filter((name) => typeof name === 'string'))].slice(0, MAX_NAMESPACES);
  } catch (error) {
    if (error instanceof KubeStatusError && error.status === 403) return [];
    throw error;
  }
}

async function allows(
  verb: string,
  { group, resource, subresource }: Right,
  namespace: string,
  { api, deadlineMs }: RightsScope,
): Promise<boolean> {
  const answer = await api.call({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb, group, resource, subresource, namespace } },
    },
    deadlineMs,
  });
  return isObject(answer) && isObject(answer.status) && answer.status.allowed === true;
}

function missingRight(verbs: readonly string[], right: Right, namespace: string, user = 'USER'): Finding {
  const where = namespace === '' ? '' : ` in ${namespace}`;
  const name = `scaler-${right.resource}${right.subresource === undefined ? '' : `-${right.subresource}`}`;
  const what = `--verb=${verbs.join(',')} --resource=${nameOf(right)}`;
  const kind = namespace === '' ? 'clusterrole' : `role -n ${namespace}`;
  const binding = namespace === '' ? 'clusterrolebinding' : `rolebinding -n ${namespace}`;
  const role = namespace === '' ? 'clusterrole' : 'role';
  return {
    verdict: right.needed ? 'FAILED' : 'warning',
    what: `may not ${verbs.join(', ')} ${nameOf(right)}${where}`,
    notes: [
      `without it: ${right.loss}`,
      `grant it: kubectl create ${kind} ${name} ${what}`,
      `          kubectl create ${binding} ${name} --${role}=${name} --user=${user}`,
    ],
  };
}

/** As kubectl takes it: `deployments.apps/scale`, `events`. */
function nameOf({ group, resource, subresource }: Right): string {
  return [
    group === '' ? resource : `${resource}.${group}`,
    ...(subresource === undefined ? [] : [subresource]),
  ].join('/');
}
