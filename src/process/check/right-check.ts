import type { KubeApi } from '../../kube/client/kube-client.ts';
import { isObject } from '../../kube/json.ts';
import { KubeStatusError } from '../../kube/kube-errors.ts';
import { quoted } from '../../lib/quoted.ts';
import type { Finding } from './findings.ts';
import { nameOf, type Right } from './rights.ts';

/** How many namespaces with Deployments are looked at, where a right is not granted in all. */
const MAX_NAMESPACES = 20;
/** How many Deployments are listed to find them. */
const MAX_DEPLOYMENTS = 500;

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
  if (!right.inSomeNamespaces || everywhere === undefined) return findingsOf(asked, missing, right, user);
  const { namespaces, areAll } = await namespacesWithDeployments(scope);
  const missingThere = await missingIn(namespaces, right, scope);
  if (missingThere.size < namespaces.length) return findingsOf(namespaces, missingThere, right, user);
  if (areAll) return findingsOf(asked, missing, right, user);
  return [notFound(everywhere, right, namespaces.length, user)];
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

/** A right that is granted in some namespaces is not missing: the service works in these. */
function findingsOf(
  asked: readonly string[],
  missing: ReadonlyMap<string, readonly string[]>,
  right: Right,
  user: string | undefined,
): Finding[] {
  const granted = asked.filter((namespace) => !missing.has(namespace));
  const verdict = right.needed && granted.length === 0 ? 'FAILED' : 'warning';
  const denied = [...missing].map(([namespace, verbs]): Finding => {
    const where = namespace === '' ? '' : ` in ${namespace}`;
    return {
      verdict,
      what: `may not ${verbs.join(', ')} ${nameOf(right)}${where}`,
      notes: [`without it: ${right.loss}`, ...grant('grant it:', verbs, right, namespace, user)],
    };
  });
  if (granted.length === 0) return denied;
  const where = granted[0] === '' ? '' : ` in ${granted.join(', ')}`;
  return [{ verdict: 'ok', what: `${right.verbs.join(', ')} ${nameOf(right)}${where}` }, ...denied];
}

/** For a right that some namespace may grant which was not looked at. */
function notFound(
  verbs: readonly string[],
  right: Right,
  namespaces: number,
  user: string | undefined,
): Finding {
  const seen =
    namespaces === 0
      ? '; no Deployments could be listed to see in which it may'
      : `, nor in the first ${namespaces} with Deployments; others may grant it`;
  return {
    verdict: 'warning',
    what: `may not ${verbs.join(', ')} ${nameOf(right)} in all namespaces${seen}`,
    notes: [`where it is not granted: ${right.loss}`, ...grant('grant it in all:', verbs, right, '', user)],
  };
}

/** Some of the namespaces that have Deployments. */
interface Sample {
  readonly namespaces: readonly string[];
  /** Whether there are no others; false too if it is not known. */
  readonly areAll: boolean;
}

async function namespacesWithDeployments({ api, deadlineMs }: RightsScope): Promise<Sample> {
  try {
    const path = '/apis/apps/v1/deployments';
    const list = await api.call({ path, query: { limit: MAX_DEPLOYMENTS }, deadlineMs });
    const items = isObject(list) && Array.isArray(list.items) ? list.items : [];
    const names = items.map((item) => isObject(item) && isObject(item.metadata) && item.metadata.namespace);
    const found = [...new Set(names.filter((name) => typeof name === 'string'))];
    const isCut = isObject(list) && isObject(list.metadata) && Boolean(list.metadata.continue);
    return {
      namespaces: found.slice(0, MAX_NAMESPACES),
      areAll: !isCut && found.length > 0 && found.length <= MAX_NAMESPACES,
    };
  } catch (error) {
    if (error instanceof KubeStatusError && error.status === 403) return { namespaces: [], areAll: false };
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

/**
 * The commands that grant verbs of a right, a line each. The role is named by what is in it, so that no command meets the role
 * of another one, or of an earlier check that found other verbs missing.
 */
function grant(
  label: string,
  verbs: readonly string[],
  right: Right,
  namespace: string,
  user = 'USER',
): string[] {
  const { resource, subresource } = right;
  const name = ['scaler', ...verbs, resource, ...(subresource === undefined ? [] : [subresource])].join('-');
  const role = namespace === '' ? 'clusterrole' : 'role';
  const where = namespace === '' ? '' : ` -n ${namespace}`;
  return [
    `${label} kubectl create ${role}${where} ${name} --verb=${verbs.join(',')} --resource=${nameOf(right)}`,
    `${' '.repeat(label.length)} kubectl create ${role}binding${where} ${name} --${role}=${name} --user=${quoted(user)}`,
  ];
}
