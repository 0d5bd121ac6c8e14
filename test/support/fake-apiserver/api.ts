import { DEPLOYMENTS } from './bodies.ts';
import { type ApiState, acceptsGzip, type Call, readObject } from './call.ts';
import { answerEvent, answerNamespace } from './core-handlers.ts';
import { answerCreate, answerDeployment } from './deployment-handlers.ts';
import { answerList, matches, numberOf, selectionOf } from './list.ts';
import { answerPods } from './pods.ts';
import type { Resource } from './resource.ts';
import { review } from './reviews.ts';
import { isTrue } from './routes.ts';
import {
  badRequest,
  forbidden,
  forbiddenOption,
  internalError,
  methodNotAllowed,
  resourceNotFound,
  StatusError,
} from './status.ts';
import type { Named, Store } from './store.ts';
import { Watch } from './watch.ts';

/** The texts of a kube-apiserver 1.37. */
const VERSION = {
  major: '1',
  minor: '37',
  emulationMajor: '1',
  emulationMinor: '37',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '36',
  gitVersion: 'v1.37.2+demo',
  gitCommit: '',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'go1.26.8',
  compiler: 'gc',
  platform: 'linux/amd64',
};

/**
 * Answers one request as kube-apiserver does.
 * @throws StatusError for a refusal, Gone if the client has disconnected
 */
export async function answer(state: ApiState, call: Call): Promise<void> {
  const { reply, target, user } = call;
  if (target.kind === 'other') return refuse(call);
  if (target.access !== undefined && !state.roles.decide(user, target.access).allowed) {
    throw forbidden(user.name, target.access);
  }
  switch (target.kind) {
    case 'version':
      return reply.json(200, VERSION);
    case 'health':
      return reply.text(200, 'ok', { 'content-type': 'text/plain; charset=utf-8' });
    case 'list':
      return answerList(state.store, DEPLOYMENTS, call);
    case 'watch':
      return answerWatch(state, state.store, DEPLOYMENTS, call);
    case 'listAutoscalers':
    case 'watchAutoscalers':
      return answerAutoscalers(state, call);
    case 'listReplicaSets':
    case 'listPods':
      return answerPods(state, call);
    case 'namespace':
      return answerNamespace(state, call);
    case 'event':
      return answerEvent(state, call);
    case 'review': {
      const self = target.access?.resource === 'selfsubjectaccessreviews';
      return reply.json(201, review(state.roles, user, self, await readObject(call)));
    }
    case 'create':
      return answerCreate(state, call);
    default:
      return answerDeployment(state, call);
  }
}

async function refuse(call: Call): Promise<void> {
  const { target, user, request } = call;
  if (target.refusal === 'method') throw methodNotAllowed();
  if (target.refusal === 'unknownResource') throw resourceNotFound();
  if (user.name === 'system:anonymous') {
    const path = request.url?.split('?')[0] ?? '';
    const verb = (request.method ?? '').toLowerCase();
    throw new StatusError(
      403,
      'Forbidden',
      `forbidden: User "${user.name}" cannot ${verb} path "${path}"`,
      {},
    );
  }
  await notFound(call);
}

/** The answer to a path that is not served. */
async function notFound({ reply }: Call): Promise<void> {
  await reply.text(404, '404 page not found\n', { 'content-type': 'text/plain; charset=utf-8' });
}

/** Lists or watches autoscalers. */
async function answerAutoscalers(state: ApiState, call: Call): Promise<void> {
  const { kind, access } = call.target;
  const collection = state.autoscalers.collection(access?.resource ?? '');
  if (collection === undefined) return notFound(call);
  const { store, resource } = collection;
  if (kind === 'listAutoscalers') return answerList(store, resource, call);
  return answerWatch(state, store, resource, call);
}

async function answerWatch<F extends Named>(
  state: ApiState,
  store: Store<F>,
  resource: Resource<F>,
  call: Call,
): Promise<void> {
  const { query, reply, target } = call;
  const selection = selectionOf(target.namespace, query);
  if (selection.labels !== undefined) throw badRequest('the demo cluster selects by labels in lists only');
  const version = query.get('resourceVersion') ?? '';
  if (!/^\d*$/.test(version)) {
    const text = JSON.stringify(version);
    throw internalError(
      `resourceVersion: Invalid value: ${text}: strconv.ParseUint: parsing ${text}: invalid syntax`,
    );
  }
  const initialEvents = initialEventsOf(state, query);
  // Without a timeout the API server chooses one between 30 and 60 minutes.
  const seconds = numberOf(query, 'timeoutSeconds') ?? 1_800 * (1 + Math.random());
  const options = {
    resourceVersion: Number(version) || undefined,
    initialEvents: initialEvents ?? (Number(version) || undefined) === undefined,
    modern: state.initialEvents === 'served',
    gzip: acceptsGzip(call.request),
    timeoutMs: seconds * 1_000,
    bookmarks: isTrue(query.get('allowWatchBookmarks')),
    bookmarkIntervalMs: state.bookmarkIntervalMs,
    matches: (record: Named) => matches(selection, record),
  };
  await new Watch(store, resource, reply, options, call.fault).run();
}

/**
 * Whether a watch begins with the whole state. Undefined means that its resourceVersion decides.
 * @throws StatusError 422
 */
function initialEventsOf(state: ApiState, query: URLSearchParams): boolean | undefined {
  if (state.initialEvents === 'ignored') return undefined;
  const match = query.get('resourceVersionMatch') ?? '';
  if (!query.has('sendInitialEvents')) {
    if (match === '') return undefined;
    const why = 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided';
    throw forbiddenOption('resourceVersionMatch', why);
  }
  if (match !== 'NotOlderThan') {
    const why = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
    throw forbiddenOption('resourceVersionMatch', why);
  }
  if (state.initialEvents === 'refused') {
    const why = 'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled';
    throw forbiddenOption('sendInitialEvents', why);
  }
  return isTrue(query.get('sendInitialEvents'));
}
