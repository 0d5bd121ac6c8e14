import type { ApiError } from '../src/client/api-error.ts';

/** How many items of a refused batch are named: a thousand of them say no more. */
const NAMED = 20;

/** What to do, in terms of tools. The messages of the service say the rest. */
const REMEDIES: Readonly<Record<string, string>> = {
  FORBIDDEN: 'Tell the user which right is missing: no parameter replaces it.',
  RAIL: 'No parameter passes a rail. Choose a count that is allowed, or ask the user to have the rail changed.',
  REPLICAS_MANAGED: 'Ask the user: change the owner as the message says, or call again with force: true.',
  PRECONDITION_FAILED: 'Read it with state, then decide again.',
  NOT_READY_IN_TIME: 'The count is set. Go on waiting with wait.',
  ROLLOUT_STUCK: 'The count is set, but its pods do not get ready. Read state, and tell the user the reason.',
  REPLICAS_OVERRIDDEN:
    'Somebody else has set another count since. Read state to learn who, before you set it again.',
  OUTCOME_UNKNOWN:
    'The count may be set, now or within a minute. Read state again after a moment, before you try again.',
  RECEIPT_INVALID: 'Pass the receipt exactly as plan or park answered it.',
  UNEXPECTED_ANSWER: 'Ask the user whether --server names k8s-deployment-scaler, and what is in front of it.',
};

/** An error for an agent: the code, what is wrong and what to do. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return `${error}`;
  if (!isApiError(error)) return error.message;
  const { code, message, items, retryAfter, requestId } = error;
  return [
    `${code}: ${message}`,
    ...items
      .slice(0, NAMED)
      .map((item) => `- ${item.cluster}/${item.namespace}/${item.deployment}: ${item.code}: ${item.message}`),
    ...(items.length > NAMED ? [`- and ${items.length - NAMED} more`] : []),
    ...[REMEDIES[code] ?? []].flat(),
    ...(retryAfter === undefined ? [] : [`Try again in ${retryAfter} s.`]),
    ...(requestId === undefined ? [] : [`Request id: ${requestId}`]),
  ].join('\n');
}

/** By its form: the class may come from another copy of the module, in the bundle of the command line. */
function isApiError(error: Error): error is ApiError {
  return error.name === 'ApiError' && 'code' in error && 'items' in error;
}
