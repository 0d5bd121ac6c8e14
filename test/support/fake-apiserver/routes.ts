import type { RequestKind } from './requests.ts';
import type { AccessAttributes } from './status.ts';

/** The target of a request, from its method and path. */
export interface Target {
  readonly kind: RequestKind;
  /** The access that RBAC must grant. Undefined if everyone may make the request. */
  readonly access: AccessAttributes | undefined;
  readonly namespace: string;
  readonly name: string;
  /** For the kind `other`, the reason why the request is not served. */
  readonly refusal?: 'unknownPath' | 'unknownResource' | 'method';
}

const REVIEWS = ['selfsubjectaccessreviews', 'subjectaccessreviews'];
const PUBLIC: Readonly<Record<string, RequestKind>> = {
  '/version': 'version',
  '/healthz': 'health',
  '/livez': 'health',
  '/readyz': 'health',
};
const ON_DEPLOYMENTS: Readonly<Record<string, RequestKind>> = { GET: 'list', POST: 'create' };
const ON_DEPLOYMENT: Readonly<Record<string, RequestKind>> = {
  GET: 'get',
  PUT: 'update',
  PATCH: 'update',
  DELETE: 'delete',
};
const ON_SCALE: Readonly<Record<string, RequestKind>> = { GET: 'getScale', PATCH: 'patchScale' };
const VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Routes like kube-apiserver, as far as the service and its tests need it. */
export function route(method: string, url: URL): Target {
  const known = PUBLIC[url.pathname];
  if (known !== undefined) return method === 'GET' ? target(known) : refuse('method');
  const [root, ...rest] = url.pathname.split('/').slice(1).map(decode);
  if (root === 'api' && rest[0] === 'v1') return core(method, rest.slice(1));
  if (root !== 'apis') return refuse('unknownPath');
  const [group, version, ...path] = rest;
  if (group === 'apps' && version === 'v1') return apps(method, path, url.searchParams);
  if (group === 'autoscaling' && version === 'v2')
    return autoscalers(method, group, path, 'horizontalpodautoscalers', url.searchParams);
  if (group === 'keda.sh' && version === 'v1alpha1')
    return autoscalers(method, group, path, 'scaledobjects', url.searchParams);
  if (group === 'events.k8s.io' && version === 'v1') return namespaced(method, path, 'events', group);
  if (group === 'authorization.k8s.io' && version === 'v1') {
    if (path.length !== 1 || !REVIEWS.includes(path[0] ?? '')) return refuse('unknownResource');
    return method === 'POST'
      ? target('review', { verb: 'create', group, resource: path[0] ?? '' })
      : refuse('method');
  }
  return refuse('unknownPath');
}

function core(method: string, path: readonly string[]): Target {
  if (path[0] !== 'namespaces') return refuse('unknownResource');
  if (path.length === 3 && path[2] === 'pods' && method === 'GET') {
    const namespace = path[1] ?? '';
    return target('listPods', { verb: 'list', group: '', resource: 'pods', namespace });
  }
  if (path.length > 2) return namespaced(method, path, 'events', '');
  const name = path[1] ?? '';
  const allowed = name === '' ? ['GET', 'POST'] : ['GET'];
  if (!allowed.includes(method)) return refuse('method');
  const verb = method === 'POST' ? 'create' : name === '' ? 'list' : 'get';
  return target('namespace', { verb, group: '', resource: 'namespaces', namespace: name, name });
}

/** Events can only be created here. */
function namespaced(method: string, path: readonly string[], resource: string, group: string): Target {
  const [word, namespace = '', found] = path;
  if (word !== 'namespaces' || found !== resource || path.length !== 3) return refuse('unknownResource');
  return method === 'POST'
    ? target('event', { verb: 'create', group, resource, namespace })
    : refuse('method');
}

function apps(method: string, path: readonly string[], query: URLSearchParams): Target {
  const [namespace, rest] = path[0] === 'namespaces' ? [path[1] ?? '', path.slice(2)] : ['', path];
  const [resource, name = '', subresource = '', ...more] = rest;
  if (resource === 'replicasets' && namespace !== '' && rest.length === 1 && method === 'GET')
    return target('listReplicaSets', { verb: 'list', group: 'apps', resource, namespace });
  const scaled = subresource === 'scale' || subresource === '';
  if (resource !== 'deployments' || !scaled || more.length > 0) return refuse('unknownResource');
  if (namespace === '' && name !== '') return refuse('unknownResource');
  const kinds = name === '' ? ON_DEPLOYMENTS : subresource === '' ? ON_DEPLOYMENT : ON_SCALE;
  const kind = kinds[method];
  if (kind === undefined || (kind === 'create' && namespace === '')) return refuse('method');
  const watches = kind === 'list' && isTrue(query.get('watch'));
  const verb = watches ? 'watch' : kind === 'list' ? 'list' : (VERBS[method] ?? '');
  return target(watches ? 'watch' : kind, { verb, group: 'apps', resource, subresource, namespace, name });
}

/** Autoscalers can only be listed and watched here. */
function autoscalers(
  method: string,
  group: string,
  path: readonly string[],
  resource: string,
  query: URLSearchParams,
): Target {
  const [namespace = '', rest] = path[0] === 'namespaces' ? [path[1], path.slice(2)] : ['', path];
  if (rest.length !== 1 || rest[0] !== resource) return refuse('unknownResource');
  if (method !== 'GET') return refuse('method');
  const watches = isTrue(query.get('watch'));
  const verb = watches ? 'watch' : 'list';
  return target(watches ? 'watchAutoscalers' : 'listAutoscalers', { verb, group, resource, namespace });
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // this segment matches no name, so the answer is 404
  }
}

/**
 * Converts a query parameter like the API server: a present parameter means true, even if it is empty, except for these
 * values.
 */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

type Asked = Pick<AccessAttributes, 'verb' | 'group' | 'resource'> & Partial<AccessAttributes>;

function target(kind: RequestKind, asked?: Asked): Target {
  const { namespace = '', name = '', subresource = '' } = asked ?? {};
  const access = asked === undefined ? undefined : { ...asked, namespace, name, subresource };
  return { kind, access, namespace, name };
}

function refuse(refusal: NonNullable<Target['refusal']>): Target {
  return { kind: 'other', access: undefined, namespace: '', name: '', refusal };
}
