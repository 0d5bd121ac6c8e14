import { scaleBody } from './bodies.ts';
import type { Deployments } from './deployments.ts';
import { isObject, type JsonObject, mergePatch, objectAt, stringAt } from './json.ts';
import type { Writer } from './managers.ts';
import { badRequest, conflict, internalError, invalid, modifiedConflict } from './status.ts';
import type { DeploymentRecord } from './store.ts';

const MAX_INT32 = 2_147_483_647;

/**
 * PATCH deployments/scale with a JSON merge patch (RFC 7386), or a server-side apply, which is the same but for its
 * trace in managedFields. `metadata.uid` and `metadata.resourceVersion` in the patch are preconditions.
 * @throws StatusError
 */
export function patchScale(
  deployments: Deployments,
  record: DeploymentRecord,
  patch: JsonObject,
  query: URLSearchParams,
  writer: Pick<Writer, 'manager' | 'operation'>,
): JsonObject {
  const merged = mergePatch(scaleBody(record), patch);
  if (!isObject(merged)) throw badRequest('invalid JSON patch');
  const replicas = replicasOf(merged);
  checkName(record, merged);
  const uid = stringAt(objectAt(merged, 'metadata'), 'uid');
  if (uid !== record.uid) throw conflict(record.name, uidMismatch(uid, record), 'deployments/scale');
  return write(deployments, record, merged, replicas, query, { ...writer, subresource: 'scale' });
}

function write(
  deployments: Deployments,
  record: DeploymentRecord,
  scale: JsonObject,
  replicas: number,
  query: URLSearchParams,
  writer: Writer,
): JsonObject {
  const version = stringAt(objectAt(scale, 'metadata'), 'resourceVersion');
  if (!/^\d*$/.test(version)) throw internalError(`strconv.ParseUint: parsing "${version}": invalid syntax`);
  if (replicas < 0) {
    const why = `Invalid value: ${replicas}: must be greater than or equal to 0`;
    throw invalid({ kind: 'Scale', group: 'autoscaling', name: record.name }, 'spec.replicas', why);
  }
  const dryRun = query.getAll('dryRun');
  const unknown = dryRun.filter((value) => value !== 'All');
  if (unknown.length > 0) {
    const why = `Unsupported value: ${JSON.stringify(unknown)}: supported values: "All"`;
    throw invalid({ kind: 'PatchOptions', group: 'meta.k8s.io' }, 'dryRun', why, 'FieldValueNotSupported');
  }
  if (version !== '' && version !== '0' && version !== String(record.resourceVersion)) {
    throw modifiedConflict(record.name);
  }
  if (dryRun.length > 0) return scaleBody({ ...record, replicas });
  return scaleBody(deployments.scale(record.namespace, record.name, replicas, writer));
}

/** spec.replicas as Go decodes it into an int32: absent and null are 0. */
function replicasOf(scale: JsonObject): number {
  const value = objectAt(scale, 'spec').replicas ?? 0;
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= MAX_INT32) return value;
  const found =
    typeof value === 'number' ? `number ${value}` : typeof value === 'boolean' ? 'bool' : typeof value;
  const why = `json: cannot unmarshal ${found} into Go struct field ScaleSpec.spec.replicas of type int32`;
  throw invalid({}, 'patch', `Invalid value: ${JSON.stringify(JSON.stringify(scale))}: ${why}`);
}

function checkName(record: DeploymentRecord, scale: JsonObject): void {
  const name = stringAt(objectAt(scale, 'metadata'), 'name');
  if (name === record.name) return;
  throw badRequest(`the name of the object (${name}) does not match the name on the URL (${record.name})`);
}

const uidMismatch = (asked: string, record: DeploymentRecord) =>
  `Precondition failed: UID in precondition: ${asked}, UID in object meta: ${record.uid}`;
