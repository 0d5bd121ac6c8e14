import { KubeStatusError } from '../kube-errors.ts';

/** Why the whole collection was read again. */
export type RelistReason =
  | 'gone'
  | 'resourceVersionTooLarge'
  | 'wentBack'
  | 'outOfOrder'
  | 'malformed'
  | 'silence';

/** The events of a watch are not in the order of their changes. */
export class OutOfOrderError extends Error {
  override readonly name = 'OutOfOrderError';
  constructor() {
    super('the watch sent a change that is older than one before it');
  }
}

/** The API server was restored from a backup, or is another one. */
export class WentBackError extends Error {
  override readonly name = 'WentBackError';
  constructor() {
    super('the API server is at another state than one that it had sent');
  }
}

/** Neither an event nor a bookmark has come. */
export class SilenceError extends Error {
  override readonly name = 'SilenceError';
  constructor() {
    super('the watch was silent for too long');
  }
}

/** The API server knows nothing of initial events, or they take longer than pages would. */
export class NoInitialEventsError extends Error {
  override readonly name = 'NoInitialEventsError';
}

/** The relist that an error calls for at once; undefined: what failed is tried again. */
export function relistReasonOf(error: unknown): RelistReason | undefined {
  if (error instanceof OutOfOrderError) return 'outOfOrder';
  if (error instanceof WentBackError) return 'wentBack';
  if (error instanceof SilenceError) return 'silence';
  if (!(error instanceof KubeStatusError)) return undefined;
  if (error.status === 410) return 'gone';
  return error.status === 504 && error.message.includes('Too large resource version')
    ? 'resourceVersionTooLarge'
    : undefined;
}
