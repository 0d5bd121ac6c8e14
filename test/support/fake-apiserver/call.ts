import type { IncomingMessage } from 'node:http';
import type { Roles, User } from './access.ts';
import type { Autoscalers } from './autoscalers.ts';
import type { Deployments } from './deployments.ts';
import type { Fault } from './faults.ts';
import { isObject, type JsonObject } from './json.ts';
import type { PodTrouble } from './pods.ts';
import type { Reply } from './reply.ts';
import type { Target } from './routes.ts';
import { badRequest, StatusError } from './status.ts';
import type { Store } from './store.ts';

const MAX_BODY_BYTES = 3 * 1024 * 1024; // the limit of kube-apiserver

/** The state of a cluster except its Deployments and autoscalers. It is replaced together with etcd. */
export interface ClusterState {
  readonly store: Store;
  readonly roles: Roles;
  readonly bookmarkIntervalMs: number;
  /** Namespaces with the resourceVersion of their creation. */
  readonly namespaces: Map<string, number>;
  /** Events that clients have written, newest last. */
  readonly events: JsonObject[];
}

/**
 * The treatment of `sendInitialEvents`: served as by kube-apiserver 1.37, refused as with the feature gate off, or
 * ignored as by a server that does not know it.
 */
export type InitialEvents = 'served' | 'refused' | 'ignored';

/** The state on which a request handler works. */
export interface ApiState extends ClusterState {
  readonly deployments: Deployments;
  readonly autoscalers: Autoscalers;
  /** By `namespace/name` of the Deployment. */
  readonly podTroubles: ReadonlyMap<string, PodTrouble>;
  readonly initialEvents: InitialEvents;
}

/** One request that is being handled. */
export interface Call {
  readonly request: IncomingMessage;
  readonly reply: Reply;
  readonly target: Target;
  readonly query: URLSearchParams;
  readonly user: User;
  readonly fault: Fault | undefined;
}

/** Whether the client accepts compressed answers. */
export const acceptsGzip = (request: IncomingMessage) =>
  String(request.headers['accept-encoding'] ?? '').includes('gzip');

/** The type of the body, without parameters. */
export const mediaType = (request: IncomingMessage) =>
  (request.headers['content-type'] ?? '').split(';')[0]?.trim();

/**
 * Reads the body.
 * @throws StatusError if it is not a JSON object, has another type or is too long; Gone
 */
export async function readObject({ request, reply }: Call): Promise<JsonObject> {
  const patches = request.method === 'PATCH';
  const type = mediaType(request);
  if (!patches && type !== '' && type !== 'application/json') {
    const types = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
    const message = `the body of the request was in an unknown format - accepted media types include: ${types}`;
    throw new StatusError(415, 'UnsupportedMediaType', message);
  }
  let text = '';
  request.setEncoding('utf8');
  try {
    for await (const chunk of request) {
      if (text.length <= MAX_BODY_BYTES) text += String(chunk);
    }
  } catch {
    return reply.untilGone(); // the client disconnected in the middle
  }
  if (text.length > MAX_BODY_BYTES) {
    throw new StatusError(
      413,
      'RequestEntityTooLarge',
      `Request entity too large: limit is ${MAX_BODY_BYTES}`,
    );
  }
  try {
    const body: unknown = JSON.parse(text);
    if (isObject(body)) return body;
  } catch {}
  throw badRequest(patches ? 'invalid JSON patch' : 'the object provided is unrecognized');
}
