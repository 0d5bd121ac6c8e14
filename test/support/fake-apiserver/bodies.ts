import { isObject, type JsonObject } from './json.ts';
import { type Manager, ownsCount, ownsOthers } from './managers.ts';
import { sourceOf } from './objects.ts';
import type { Resource } from './resource.ts';
import { filled, NAME, NAMESPACE, sampleSource } from './sample-source.ts';
import type {
  DeploymentFields,
  DeploymentRecord,
  DeploymentSource,
  DeploymentStatus,
  Marks,
} from './store.ts';

/** The parts of a body that depend only on the source, as JSON text. Absent parts are empty. */
interface SourceTexts {
  readonly labels: string;
  readonly annotations: string;
  readonly owners: string;
  /** FieldsV1 of the fields that a client has set, with spec.replicas and without. */
  readonly fields: string;
  readonly fieldsWithoutReplicas: string;
  /** The members of spec except replicas. */
  readonly spec: string;
}

const REPLICAS_FIELDS = '{"f:spec":{"f:replicas":{}}}';
/** The texts of samples, with placeholders: a hundred thousand bodies do not need a hundred thousand objects. */
const SAMPLE_TEXTS = textsOf(sampleSource({ name: NAME, namespace: NAMESPACE }));
const MARKED_TEXTS = new WeakMap<Marks, SourceTexts>();

/** FieldsV1 of a status. */
const STATUS_FIELDS = fieldsOf({
  availableReplicas: 0,
  conditions: [{ name: 'Available' }, { name: 'Progressing' }],
  observedGeneration: 0,
  readyReplicas: 0,
  replicas: 0,
  updatedReplicas: 0,
});

/** The controller of Deployments, which writes their status. */
const CONTROLLER = {
  manager: 'kube-controller-manager',
  operation: 'Update',
  subresource: 'status',
  fields: `{"f:status":${JSON.stringify(STATUS_FIELDS)}}`,
} as const;

/** A Deployment as JSON, without kind and apiVersion, as in the items of a list. */
export function deploymentItem(record: DeploymentRecord): string {
  return `{${members(record)}}`;
}

/** The metadata of a Deployment, as JSON. Unlike other items, those of a PartialObjectMetadataList have their kind. */
export function deploymentMetadataItem(record: DeploymentRecord): string {
  const type = '"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1"';
  return `{${type},${metadataMember(record, textsFor(record))}}`;
}

/** A Deployment, JSON. */
export function deploymentBody(record: DeploymentRecord): string {
  return `{"kind":"Deployment","apiVersion":"apps/v1",${members(record)}}`;
}

/** autoscaling/v1 Scale. A count of 0 is left out, as by omitempty in Go. */
export function scaleBody(record: DeploymentRecord): JsonObject {
  const selector = Object.entries(selectorOf(record))
    .map(([key, value]) => `${key}=${String(value)}`)
    .sort();
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name: record.name,
      namespace: record.namespace,
      uid: record.uid,
      resourceVersion: String(record.resourceVersion),
      creationTimestamp: record.createdAt,
    },
    spec: record.replicas === 0 ? {} : { replicas: record.replicas },
    status: { replicas: record.status?.replicas ?? 0, selector: selector.join(',') },
  };
}

/** Deployments in the API. */
export const DEPLOYMENTS: Resource<DeploymentFields> = {
  kind: 'Deployment',
  apiVersion: 'apps/v1',
  item: deploymentItem,
  metadataItem: deploymentMetadataItem,
  labels: (record) => sourceOf(record).labels ?? {},
  empty: {
    spec: {
      replicas: 0,
      selector: null,
      template: { metadata: {}, spec: { containers: null } },
      strategy: {},
    },
    status: {},
  },
};

function members(record: DeploymentRecord): string {
  const texts = textsFor(record);
  const { replicas, status } = record;
  return (
    `${metadataMember(record, texts)},"spec":{"replicas":${replicas}${texts.spec}},` +
    `"status":${status === undefined ? '{}' : JSON.stringify(statusOf(record, status))}`
  );
}

function metadataMember(record: DeploymentRecord, texts: SourceTexts): string {
  const { name, namespace, uid, resourceVersion, generation, createdAt } = record;
  return (
    `"metadata":{"name":"${name}","namespace":"${namespace}","uid":"${uid}","resourceVersion":"${resourceVersion}",` +
    `"generation":${generation},"creationTimestamp":"${createdAt}"${texts.labels}${texts.annotations}${texts.owners},` +
    `"managedFields":[${managedFields(record, texts)}]}`
  );
}

const textsFor = (record: DeploymentRecord) =>
  record.source === undefined ? sampleTexts(record) : textsOf(record.source);

function sampleTexts(record: DeploymentRecord): SourceTexts {
  const fill = (text: string) => filled(text, record);
  const texts = record.marks === undefined ? SAMPLE_TEXTS : markedTexts(record.marks);
  return {
    labels: fill(texts.labels),
    annotations: fill(texts.annotations),
    owners: fill(texts.owners),
    fields: fill(texts.fields),
    fieldsWithoutReplicas: fill(texts.fieldsWithoutReplicas),
    spec: fill(texts.spec),
  };
}

function markedTexts(marks: Marks): SourceTexts {
  const known = MARKED_TEXTS.get(marks);
  if (known !== undefined) return known;
  const texts = textsOf(sampleSource({ name: NAME, namespace: NAMESPACE }, marks));
  MARKED_TEXTS.set(marks, texts);
  return texts;
}

function textsOf({ labels, annotations, ownerReferences, spec }: DeploymentSource): SourceTexts {
  const member = (name: string, value: unknown) =>
    value === undefined ? '' : `,"${name}":${JSON.stringify(value)}`;
  const metadata = { 'f:annotations': fieldsOf(annotations), 'f:labels': fieldsOf(labels) };
  const fields = (replicas: object) =>
    JSON.stringify({ 'f:metadata': metadata, 'f:spec': { ...replicas, ...fieldsOf(spec) } });
  const specMembers = JSON.stringify(spec).slice(1, -1);
  return {
    labels: member('labels', labels),
    annotations: member('annotations', annotations),
    owners: member('ownerReferences', ownerReferences),
    fields: fields({ 'f:replicas': {} }),
    fieldsWithoutReplicas: fields({}),
    spec: specMembers === '' ? '' : `,${specMembers}`,
  };
}

/** Who set which field. In a real cluster these entries are a third of the body. */
function managedFields({ managers, createdAt, status }: DeploymentRecord, texts: SourceTexts): string {
  const entries: Entry[] = managers.map((writer) => {
    const { manager, operation, subresource, time = createdAt } = writer;
    const fields = ownsCount(writer) ? texts.fields : texts.fieldsWithoutReplicas;
    return { manager, operation, subresource, time, fields: ownsOthers(writer) ? fields : REPLICAS_FIELDS };
  });
  if (status !== undefined) entries.push({ ...CONTROLLER, time: createdAt });
  return entries.sort(byOperationAndTime).map(entryText).join();
}

interface Entry extends Pick<Manager, 'manager' | 'operation' | 'subresource'> {
  readonly time: string | null;
  readonly fields: string;
}

function entryText({ manager, operation, subresource, time, fields }: Entry): string {
  const at = time === null ? '' : `"time":"${time}",`;
  const end = subresource === undefined ? '' : `,"subresource":"${subresource}"`;
  return (
    `{"manager":${JSON.stringify(manager)},"operation":"${operation}","apiVersion":"apps/v1",${at}` +
    `"fieldsType":"FieldsV1","fieldsV1":${fields}${end}}`
  );
}

/** The order of kube-apiserver. Entries without a time are first. */
function byOperationAndTime(left: Entry, right: Entry): number {
  const key = ({ operation, time, manager }: Entry) => `${operation} ${time ?? ''} ${manager}`;
  return key(left) < key(right) ? -1 : 1;
}

/** The FieldsV1 form of a value: its keys, down to the leaves. */
function fieldsOf(value: unknown): JsonObject {
  if (Array.isArray(value)) {
    const name = (item: unknown, i: number) => (isObject(item) ? String(item.name ?? i) : String(i));
    return Object.fromEntries(value.map((item, i) => [`k:{"name":"${name(item, i)}"}`, fieldsOf(item)]));
  }
  if (!isObject(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [`f:${key}`, fieldsOf(child)]));
}

function selectorOf(record: DeploymentRecord): JsonObject {
  const selector = record.source?.spec.selector;
  if (isObject(selector) && isObject(selector.matchLabels)) return selector.matchLabels;
  return { 'app.kubernetes.io/name': record.name };
}

function conditionsOf(record: DeploymentRecord): readonly JsonObject[] {
  const { conditions = [] } = record.marks ?? {};
  return conditions.length === 0 ? conditions : JSON.parse(filled(JSON.stringify(conditions), record));
}

function statusOf(record: DeploymentRecord, status: DeploymentStatus): JsonObject {
  const missing = status.replicas - status.readyReplicas;
  const ready = missing <= 0;
  // A count of 0 is left out, as by omitempty in Go.
  const count = (value: number) => (value > 0 ? value : undefined);
  const condition = (type: string, ok: boolean, reason: string, message: string) => ({
    type,
    status: ok ? 'True' : 'False',
    lastUpdateTime: record.createdAt,
    lastTransitionTime: record.createdAt,
    reason,
    message,
  });
  const available = ready ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable';
  const set = `ReplicaSet "${record.name}-7d9c5b8f6d"`;
  return {
    observedGeneration: status.observedGeneration,
    replicas: count(status.replicas),
    updatedReplicas: count(status.updatedReplicas ?? status.replicas),
    readyReplicas: count(status.readyReplicas),
    availableReplicas: count(status.availableReplicas ?? status.readyReplicas),
    unavailableReplicas: count(missing),
    conditions: [
      condition(
        'Available',
        ready,
        available,
        `Deployment ${ready ? 'has' : 'does not have'} minimum availability.`,
      ),
      ready
        ? condition('Progressing', true, 'NewReplicaSetAvailable', `${set} has successfully progressed.`)
        : condition('Progressing', true, 'ReplicaSetUpdated', `${set} is progressing.`),
      ...conditionsOf(record),
      ...(status.conditions ?? []),
    ],
  };
}
