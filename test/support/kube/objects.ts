import type { Deployment } from '../../../src/cluster/deployment.ts';

/** A reduced Deployment with the fields that a test sets. */
export function deployment(
  name: string,
  resourceVersion: string,
  parts: Partial<Deployment> = {},
): Deployment {
  return {
    namespace: 'default',
    name,
    uid: `uid-of-${name}`,
    resourceVersion,
    generation: 1,
    replicas: 1,
    ...parts,
  };
}

/** A Deployment as an object of the API. */
export function apiObject({ namespace, name, uid, resourceVersion, generation, replicas }: Deployment) {
  return { metadata: { namespace, name, uid, resourceVersion, generation }, spec: { replicas } };
}

/** One page of a list; `next` is its continue token. */
export function listPage(items: readonly Deployment[], resourceVersion: string, next?: string) {
  return {
    metadata: { resourceVersion, ...(next === undefined ? {} : { continue: next }) },
    items: items.map(apiObject),
  };
}

/** A line of a watch. */
export function eventLine(type: 'ADDED' | 'MODIFIED' | 'DELETED', item: Deployment): string {
  return `${JSON.stringify({ type, object: apiObject(item) })}\n`;
}

export function bookmarkLine(resourceVersion: string): string {
  return `${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion } } })}\n`;
}

export function errorLine(code: number, message: string): string {
  return `${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code, message } })}\n`;
}
