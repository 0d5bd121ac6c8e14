import type { FastifyError } from '@fastify/error';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Reading } from '../cluster/cache/reading.ts';
import { RolloutError } from '../cluster/cluster-errors.ts';
import { type Deployment, entityTag } from '../cluster/deployment.ts';
import type { WaitLimits } from '../cluster/waits/rollout-waits.ts';
import { clusterIn } from './cluster-in.ts';
import * as errors from './errors.ts';
import type { AnswerHeader } from './headers.ts';

/** How long to wait, in seconds. It is a string of digits, because validation does not convert types. */
export const WaitSeconds = (description: string) =>
  Type.Optional(Type.String({ description, pattern: '^([1-9][0-9]?|[12][0-9]{2}|300)$', examples: ['60'] }));

/** The errors that a wait can end with. */
export const errorsOfWaits: readonly FastifyError[] = [
  new errors.DeploymentGoneError('my-deployment', 'default'),
  new errors.ReplicasOverriddenError('kubectl set it to 5'),
  new errors.RolloutStuckError(
    'FailedCreate: pods "cart-7d9c6f-x2x8q" is forbidden: exceeded quota: pods, requested: pods=1, used: pods=3, limited: pods=3',
  ),
  new errors.WaitInterruptedError('this instance is shutting down'),
  new errors.NotReadyInTimeError('2 of 3 replicas are available'),
];

/** The headers of such an error: what is known of the Deployment, and where to wait on. */
const WAIT_HEADERS: readonly AnswerHeader[] = ['X-Resource-Version', 'ETag', 'Location'];

/** The headers of the errors that a wait can end with. @param others those of the operation besides */
export function headersOfWaitErrors(
  others: readonly AnswerHeader[] = [],
): Readonly<Record<string, readonly AnswerHeader[]>> {
  return Object.fromEntries(errorsOfWaits.map(({ code }) => [code, [...WAIT_HEADERS, ...others]]));
}

/** What a request waits for. */
export interface Wanted {
  readonly namespace: string;
  readonly deployment: string;
  readonly replicas: number;
  readonly seconds: number;
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
}

/** Why a wait, or a batch of writes, ends early, as its message says it. */
export const INTERRUPTIONS = {
  disconnected: 'the client has disconnected',
  malformed: 'the client has sent something else than a request on the same connection',
  revoked: 'the certificate of the client is no longer accepted',
  drain: 'this instance is shutting down',
} as const;

/**
 * Waits for a rollout, by a long-lived answer. If the wait ends in another way than wanted, the answer says where to
 * wait on: without that, a client would write again.
 * @throws RolloutError
 */
export async function awaitRollout(
  request: FastifyRequest,
  reply: FastifyReply,
  wanted: Wanted,
  wait: (limits: WaitLimits) => Promise<Reading<Deployment>>,
): Promise<Reading<Deployment>> {
  const interruption = new AbortController();
  request.beginLongLived((why) => interruption.abort(INTERRUPTIONS[why]));
  try {
    return await wait({ limitMs: wanted.seconds * 1000, signal: interruption.signal });
  } catch (error) {
    if (error instanceof RolloutError) describe(request, reply, wanted, error);
    throw error;
  }
}

function describe(
  { params }: FastifyRequest,
  reply: FastifyReply,
  wanted: Wanted,
  error: RolloutError,
): void {
  const { code, seen } = error;
  const resourceVersion = seen?.resourceVersion ?? wanted.resourceVersion;
  if (resourceVersion !== undefined) reply.header('x-resource-version', resourceVersion);
  if (code === 'GONE') reply.removeHeader('etag');
  else if (seen !== undefined) reply.header('etag', `"${entityTag(seen)}"`);
  const resumed = { ...wanted, uid: wanted.uid ?? seen?.uid, resourceVersion };
  reply.header('location', locationOf(clusterIn(params), resumed));
}

/** The read that goes on with a wait. */
function locationOf(cluster: string | undefined, wanted: Wanted): string {
  const { namespace, deployment, seconds, replicas, uid, resourceVersion } = wanted;
  const query = new URLSearchParams({ wait: `${seconds}`, replicas: `${replicas}` });
  if (uid !== undefined) query.set('uid', uid);
  if (resourceVersion !== undefined) query.set('minResourceVersion', resourceVersion);
  const prefix = cluster === undefined ? '' : `/${cluster}`;
  return `${prefix}/deployments/${namespace}/${deployment}?${query}`;
}
