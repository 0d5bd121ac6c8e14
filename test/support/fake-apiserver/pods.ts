import type { ApiState, Call } from './call.ts';
import { isObject, type JsonObject } from './json.ts';
import { labelTest } from './label-selector.ts';
import { sourceOf } from './objects.ts';
import { resourceNotFound } from './status.ts';
import { type DeploymentRecord, keyOf } from './store.ts';

/** Why the container of each pod of a Deployment waits. */
export interface PodTrouble {
  /** Such as `ImagePullBackOff`. */
  readonly reason: string;
  readonly message: string;
}

/** Of the newest ReplicaSet of each Deployment. */
const HASH = '7d9c5b8f6d';

/**
 * Lists the ReplicaSets or the pods of the Deployments in a namespace that have trouble. Others have none here, and while no
 * Deployment has trouble the API is not served.
 * @throws StatusError
 */
export async function answerPods(state: ApiState, call: Call): Promise<void> {
  if (state.podTroubles.size === 0) throw resourceNotFound();
  const { target, query, reply } = call;
  const selects = labelTest(query.get('labelSelector') ?? '');
  const items: JsonObject[] = [];
  for (const record of state.deployments.list()) {
    const trouble = state.podTroubles.get(keyOf(record));
    if (trouble === undefined || record.namespace !== target.namespace) continue;
    const labels = { ...podLabels(record), 'pod-template-hash': HASH };
    if (!selects(labels)) continue;
    items.push(
      ...(target.kind === 'listPods' ? pods(record, labels, trouble) : [replicaSet(record, labels)]),
    );
  }
  const metadata = { resourceVersion: String(state.store.resourceVersion) };
  return reply.json(200, { kind: 'List', apiVersion: 'v1', metadata, items });
}

function replicaSet(record: DeploymentRecord, labels: JsonObject): JsonObject {
  const metadata = {
    ...metadataOf(record, `${record.name}-${HASH}`, labels, record.uid),
    annotations: { 'deployment.kubernetes.io/revision': '4' },
  };
  return { metadata };
}

function pods(record: DeploymentRecord, labels: JsonObject, trouble: PodTrouble): JsonObject[] {
  const { name, status } = record;
  return Array.from({ length: status?.replicas ?? 0 }, (_, index) => ({
    metadata: metadataOf(
      record,
      `${name}-${HASH}-${index.toString(36).padStart(5, '0')}`,
      labels,
      uidOfSet(record),
    ),
    status: {
      phase: 'Pending',
      containerStatuses: [{ name, ready: false, restartCount: 0, state: { waiting: trouble } }],
    },
  }));
}

function metadataOf(record: DeploymentRecord, name: string, labels: JsonObject, owner: string): JsonObject {
  const uid = owner === record.uid ? uidOfSet(record) : `${record.uid}-${name}`;
  const ownerReferences = [{ uid: owner, controller: true }];
  const { namespace, createdAt: creationTimestamp } = record;
  return { name, namespace, uid, labels, creationTimestamp, ownerReferences };
}

const uidOfSet = ({ uid }: DeploymentRecord) => `${uid}-${HASH}`;

function podLabels(record: DeploymentRecord): JsonObject {
  const { template } = sourceOf(record).spec;
  const metadata = isObject(template) ? template.metadata : undefined;
  const labels = isObject(metadata) ? metadata.labels : undefined;
  return isObject(labels) ? labels : {};
}
