import { isObject, type JsonObject, objectAt, stringAt } from './json.ts';
import { SPEC_DEFAULTS, sampleSource } from './sample-source.ts';
import { badRequest, invalid } from './status.ts';
import { type DeploymentRecord, type DeploymentSource, timestamp } from './store.ts';

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " +
  "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/** The fields of a Deployment that a client sets. */
export interface DeploymentDraft {
  readonly name: string;
  readonly replicas: number;
  readonly source: DeploymentSource;
}

/**
 * Reads a Deployment that a client has sent. It validates the name, the selector and the count like the API server, and
 * keeps everything else unchanged.
 * @throws StatusError
 */
export function readDeployment(body: JsonObject, namespace: string): DeploymentDraft {
  const metadata = objectAt(body, 'metadata');
  const name = stringAt(metadata, 'name');
  const object = { kind: 'Deployment', group: 'apps', name };
  if (!SUBDOMAIN.test(name))
    throw invalid(object, 'metadata.name', `Invalid value: "${name}": ${SUBDOMAIN_RULE}`);
  const own = stringAt(metadata, 'namespace');
  if (own !== '' && own !== namespace) {
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
  }
  const { replicas = 1, ...spec } = objectAt(body, 'spec');
  if (!isObject(spec.selector))
    throw invalid(object, 'spec.selector', 'Required value', 'FieldValueRequired');
  if (typeof replicas !== 'number' || !Number.isInteger(replicas) || replicas < 0) {
    const why = `Invalid value: ${String(replicas)}: must be greater than or equal to 0`;
    throw invalid(object, 'spec.replicas', why);
  }
  return { name, replicas, source: { ...ownLabels(metadata), spec: { ...SPEC_DEFAULTS, ...spec } } };
}

function ownLabels(metadata: JsonObject): Omit<DeploymentSource, 'spec'> {
  const { labels, annotations, ownerReferences } = metadata;
  return {
    labels: isObject(labels) ? labels : undefined,
    annotations: isObject(annotations) ? annotations : undefined,
    ownerReferences: Array.isArray(ownerReferences) ? ownerReferences.filter(isObject) : undefined,
  };
}

/** The source of the body of a record, generated for a sample. */
export const sourceOf = (record: DeploymentRecord): DeploymentSource =>
  record.source ?? sampleSource(record, record.marks);

export function namespaceBody(name: string, resourceVersion: number): JsonObject {
  return {
    kind: 'Namespace',
    apiVersion: 'v1',
    metadata: {
      name,
      uid: uidOf(name),
      resourceVersion: String(resourceVersion),
      creationTimestamp: timestamp(new Date(0)),
      labels: { 'kubernetes.io/metadata.name': name },
    },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  };
}

/** A uid that depends only on the name of the namespace. */
function uidOf(name: string): string {
  return `00000000-0000-4000-8000-${Buffer.from(name).toString('hex').padEnd(12, '0').slice(0, 12)}`;
}
