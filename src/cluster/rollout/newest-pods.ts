import type { KubeCalls } from '../../kube/client/circuit.ts';
import { type KubeRequest, METADATA_ONLY } from '../../kube/client/kube-client.ts';
import { listInPages, type PageQuery, readPage } from '../../kube/client/list-pages.ts';
import { isObject, type JsonObject, objectAt, stringAt } from '../../kube/json.ts';
import { KubeMalformedError, KubeStatusError } from '../../kube/kube-errors.ts';
import type { Deployment } from '../deployment.ts';
import { collectionPath, deploymentPath, podsPath } from '../paths.ts';

/** The API server refuses what tells the reasons of pods. */
export class PodsForbiddenError extends Error {
  /** What the account of the service would have to be allowed, such as `list pods`. */
  readonly right: string;

  constructor(right: string) {
    super(`the account of the service may not ${right}`);
    this.right = right;
  }
}

/** A Deployment, as far as it does not change. */
export type DeploymentKey = Pick<Deployment, 'namespace' | 'name' | 'uid'>;

/** What identifies a ReplicaSet among those of a Deployment. */
interface ReplicaSet {
  readonly uid: string;
  /** The label that its pods have besides those of the selector. */
  readonly hash: string;
  readonly revision: number;
  readonly createdAt: number;
}

const DEADLINE_MS = 2_000;
/** Objects per page. Pods are not read beyond it: the reasons of 50 tell enough, and a page is parsed at once. */
const PAGE_SIZE = 50;
/** The Deployment controller numbers the ReplicaSets; one that is used again by a rollback gets a new number. */
const REVISION = 'deployment.kubernetes.io/revision';

/**
 * Reads the selector of a Deployment, which never changes, for `readNewestPods`.
 * @returns undefined: the Deployment is gone, or another one has its name
 * @throws KubeError
 */
export async function readSelector(
  api: KubeCalls,
  { namespace, name, uid }: DeploymentKey,
): Promise<string | undefined> {
  const path = deploymentPath(namespace, name);
  try {
    const object = await call(api, { path, deadlineMs: DEADLINE_MS }, 'get deployments.apps');
    if (!isObject(object)) throw new KubeMalformedError('a Deployment is not an object');
    if (stringAt(objectAt(object, 'metadata'), 'uid') !== uid) return undefined;
    return selectorText(objectAt(objectAt(object, 'spec'), 'selector'));
  } catch (error) {
    if (error instanceof KubeStatusError && error.status === 404) return undefined;
    throw error;
  }
}

/**
 * Reads pods of the newest ReplicaSet of a Deployment, at most 50.
 * @param selector that of the Deployment
 * @throws KubeError, or PodsForbiddenError
 */
export async function readNewestPods(
  api: KubeCalls,
  { namespace, uid }: DeploymentKey,
  selector: string,
): Promise<readonly JsonObject[]> {
  const newest = await newestReplicaSet(api, namespace, uid, selector);
  if (newest === undefined) return [];
  const request = (query: PageQuery) => ({
    path: podsPath(namespace),
    query: { labelSelector: `${selector},pod-template-hash=${newest.hash}`, ...query },
    deadlineMs: DEADLINE_MS,
  });
  const calls = { call: (each: KubeRequest) => call(api, each, 'list pods') };
  const { items } = await readPage({ api: calls, request, reduce: asObject }, { limit: PAGE_SIZE });
  return items.filter((pod) => isControlledBy(pod, newest.uid));
}

async function newestReplicaSet(
  api: KubeCalls,
  namespace: string,
  uid: string,
  selector: string,
): Promise<ReplicaSet | undefined> {
  const endsAt = performance.now() + DEADLINE_MS;
  const request = (query: PageQuery) => ({
    path: collectionPath('apps/v1', 'replicasets', namespace),
    query: { labelSelector: selector, ...query },
    accept: METADATA_ONLY,
    deadlineMs: Math.max(1, endsAt - performance.now()),
  });
  // Without this right the other one does not help, so both are named.
  const calls = { call: (each: KubeRequest) => call(api, each, 'list replicasets.apps and pods') };
  const reduce = (item: unknown) => reduceReplicaSet(asObject(item), uid);
  // All pages: the newest ReplicaSet may be on any of them, and pods of another one would tell of another rollout.
  const { items } = await listInPages({ api: calls, request, reduce }, PAGE_SIZE);
  let newest: ReplicaSet | undefined;
  for (const item of items)
    if (item !== undefined && (newest === undefined || isNewer(item, newest))) newest = item;
  return newest;
}

/** undefined: it does not belong to the Deployment with this uid. */
function reduceReplicaSet(object: JsonObject, owner: string): ReplicaSet | undefined {
  if (!isControlledBy(object, owner)) return undefined;
  const metadata = objectAt(object, 'metadata');
  const annotations = isObject(metadata.annotations) ? metadata.annotations : {};
  return {
    uid: stringAt(metadata, 'uid'),
    hash: stringAt(objectAt(metadata, 'labels'), 'pod-template-hash'),
    revision: Number(annotations[REVISION] ?? 0),
    createdAt: Date.parse(stringAt(metadata, 'creationTimestamp')),
  };
}

function isNewer(a: ReplicaSet, b: ReplicaSet): boolean {
  return a.revision === b.revision ? a.createdAt > b.createdAt : a.revision > b.revision;
}

function isControlledBy({ metadata }: JsonObject, uid: string): boolean {
  const owners = isObject(metadata) ? metadata.ownerReferences : undefined;
  return Array.isArray(owners) && owners.some((owner) => owner?.uid === uid && owner?.controller === true);
}

/** As `api.call`. @param right what the account may not do if the API server answers 403 */
async function call(api: KubeCalls, request: KubeRequest, right: string): Promise<unknown> {
  try {
    return await api.call(request);
  } catch (error) {
    if (error instanceof KubeStatusError && error.status === 403) throw new PodsForbiddenError(right);
    throw error;
  }
}

/** A LabelSelector of the API as the text of a `labelSelector` parameter. */
function selectorText({ matchLabels, matchExpressions }: JsonObject): string {
  const labels = Object.entries(isObject(matchLabels) ? matchLabels : {});
  const expressions = Array.isArray(matchExpressions) ? matchExpressions.map(asObject) : [];
  return [...labels.map(([key, value]) => `${key}=${value}`), ...expressions.map(requirementText)].join();
}

function requirementText(expression: JsonObject): string {
  const key = stringAt(expression, 'key');
  const { operator, values } = expression;
  if (operator === 'Exists') return key;
  if (operator === 'DoesNotExist') return `!${key}`;
  if ((operator !== 'In' && operator !== 'NotIn') || !Array.isArray(values)) {
    throw new KubeMalformedError('a selector has an unknown operator');
  }
  return `${key} ${operator.toLowerCase()} (${values.join()})`;
}

function asObject(item: unknown): JsonObject {
  if (!isObject(item)) throw new KubeMalformedError('an item is not an object');
  return item;
}
