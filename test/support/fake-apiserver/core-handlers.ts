import { randomUUID } from 'node:crypto';
import { type Call, type ClusterState, readObject } from './call.ts';
import { objectAt } from './json.ts';
import { namespaceBody } from './objects.ts';
import { namespaceNotFound, StatusError } from './status.ts';
import { timestamp } from './store.ts';

const MAX_EVENTS = 1_000;

/**
 * Namespaces: list, read, create.
 * @throws StatusError, Gone
 */
export async function answerNamespace({ namespaces, store }: ClusterState, call: Call): Promise<void> {
  const { reply, request, target } = call;
  if (request.method === 'POST') {
    const name = String(objectAt(await readObject(call), 'metadata').name ?? '');
    if (namespaces.has(name)) {
      const details = { name, kind: 'namespaces' };
      throw new StatusError(409, 'AlreadyExists', `namespaces "${name}" already exists`, details);
    }
    const version = store.nextResourceVersion();
    namespaces.set(name, version);
    return reply.json(201, namespaceBody(name, version));
  }
  if (target.name !== '') {
    const version = namespaces.get(target.name);
    if (version === undefined) throw namespaceNotFound(target.name);
    return reply.json(200, namespaceBody(target.name, version));
  }
  const items = [...namespaces]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, version]) => {
      const { metadata, spec, status } = namespaceBody(name, version);
      return { metadata, spec, status };
    });
  const metadata = { resourceVersion: String(store.resourceVersion) };
  return reply.json(200, { kind: 'NamespaceList', apiVersion: 'v1', metadata, items });
}

/**
 * Stores an event of either API group.
 * @throws StatusError, Gone
 */
export async function answerEvent({ events, store, namespaces }: ClusterState, call: Call): Promise<void> {
  const { namespace: where } = call.target;
  const body = await readObject(call);
  if (!namespaces.has(where)) throw namespaceNotFound(where);
  const metadata = objectAt(body, 'metadata');
  const named = events.map((event) => objectAt(event, 'metadata'));
  if (named.some(({ namespace, name }) => namespace === where && name === metadata.name)) {
    const details = { name: String(metadata.name), kind: 'events' };
    throw new StatusError(409, 'AlreadyExists', `events "${metadata.name}" already exists`, details);
  }
  const stored = {
    ...body,
    metadata: {
      ...metadata,
      name: metadata.name ?? `${String(metadata.generateName ?? '')}${randomUUID().slice(0, 5)}`,
      namespace: where,
      uid: randomUUID(),
      resourceVersion: String(store.nextResourceVersion()),
      creationTimestamp: timestamp(),
    },
  };
  events.push(stored);
  if (events.length > MAX_EVENTS) events.shift();
  return call.reply.json(201, stored);
}
