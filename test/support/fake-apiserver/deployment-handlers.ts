import { deploymentBody, scaleBody } from './bodies.ts';
import { type ApiState, type Call, mediaType, readObject } from './call.ts';
import type { Deployments } from './deployments.ts';
import { isObject, type JsonObject, mergePatch } from './json.ts';
import type { Writer } from './managers.ts';
import { readDeployment, sourceOf } from './objects.ts';
import { patchScale } from './scale.ts';
import { alreadyExists, deploymentNotFound, namespaceNotFound, unsupportedMediaType } from './status.ts';
import type { DeploymentRecord } from './store.ts';

const MERGE_PATCH = 'application/merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';

/**
 * Creates a Deployment.
 * @throws StatusError, Gone
 */
export async function answerCreate({ deployments, namespaces }: ApiState, call: Call): Promise<void> {
  const { namespace: where } = call.target;
  const draft = readDeployment(await readObject(call), where);
  if (!namespaces.has(where)) throw namespaceNotFound(where);
  if (deployments.get(where, draft.name) !== undefined) throw alreadyExists(draft.name);
  const managers = [{ ...writerOf(call), operation: 'Update' as const }];
  const seed = { namespace: where, name: draft.name, replicas: draft.replicas, managers };
  return call.reply.json(201, await written(call, deploymentBody(deployments.create(seed, draft.source))));
}

/**
 * All requests for one existing Deployment, including its scale.
 * @throws StatusError, Gone
 */
export async function answerDeployment({ deployments }: ApiState, call: Call): Promise<void> {
  const { reply, target, query, request } = call;
  const { namespace: where, name } = target;
  const patches = request.method === 'PATCH';
  const operation = operationOf(call);
  const body = patches || request.method === 'PUT' ? await readObject(call) : {};
  const record = deployments.get(where, name); // read after the body, because the state may have changed during it
  if (record === undefined) throw deploymentNotFound(name);
  switch (target.kind) {
    case 'get':
      return reply.json(200, deploymentBody(record));
    case 'getScale':
      return reply.json(200, scaleBody(record));
    case 'patchScale':
      return reply.json(
        200,
        await written(call, patchScale(deployments, record, body, query, { ...writerOf(call), operation })),
      );
    case 'update':
      return reply.json(200, await written(call, update(deployments, record, body, patches, writerOf(call))));
    default: {
      deployments.delete(where, name);
      const details = { name, group: 'apps', kind: 'deployments', uid: record.uid };
      const success = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
      return reply.json(200, await written(call, success));
    }
  }
}

/** A PATCH is an Apply by its media type. Only scales can be applied here, and only with force. @throws StatusError */
function operationOf({ request, target, query }: Call): 'Apply' | 'Update' {
  const type = mediaType(request);
  if (request.method !== 'PATCH' || type === MERGE_PATCH) return 'Update';
  const known = type === APPLY_PATCH && target.kind === 'patchScale' && query.get('force') === 'true';
  if (!known) throw unsupportedMediaType();
  return 'Apply';
}

/** The field manager that the request names, or the program in its User-Agent. */
function writerOf({ query, request }: Call): Pick<Writer, 'manager'> {
  const [program] = (request.headers['user-agent'] ?? '').split('/');
  return { manager: query.get('fieldManager') || program || 'unknown' };
}

/** Returns the answer, unless a fault breaks the connection after the write took effect. */
async function written<T>({ fault, reply }: Call, body: T): Promise<T> {
  return fault?.type === 'drop' ? reply.finish('reset') : body;
}

function update(
  deployments: Deployments,
  record: DeploymentRecord,
  body: JsonObject,
  patches: boolean,
  writer: Writer,
): string {
  const { spec, ...metadata } = sourceOf(record);
  const current = {
    metadata: { name: record.name, ...metadata },
    spec: { replicas: record.replicas, ...spec },
  };
  const wanted = patches ? mergePatch(current, body) : body;
  const { replicas, source } = readDeployment(isObject(wanted) ? wanted : {}, record.namespace);
  return deploymentBody(deployments.replaceSource(record.namespace, record.name, replicas, source, writer));
}
