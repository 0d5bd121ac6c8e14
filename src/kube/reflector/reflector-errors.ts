import { KubeStatusError } from '../kube-errors.ts';

/** Why the whole collection was read again. */
export type RelistReason =
  | 'gone'
  | 'resourceVersionTooLarge'
  | 'wentBack'
  | 'outOfOrder'
  | 'malformed'
  | 'silence';

/** The events of a watch are not in the order in which the changes were made. */
export class OutOfOrderError extends Error {
  override readonly name = 'OutOfOrderError';
  constructor() {
    super('the watch sent a change that is older than the previous one');
  }
}

/** The API server has lost changes that it sent before: it was restored from a backup, or is another API server. */
export class WentBackError extends Error {
  override readonly name = 'WentBackError';
  constructor() {
    super('the state of the API server contradicts what it sent before');
  }
}

/** The watch has sent neither an event nor a bookmark for too long. */
export class SilenceError extends Error {
  override readonly name = 'SilenceError';
  constructor() {
    super('the watch was silent for too long');
  }
}

/** The API server does not support initial events, or they take longer than pages would. */
export class NoInitialEventsError extends Error {
  override readonly name = 'NoInitialEventsError';
}

/** The reason for a relist, if the error requires one; undefined: the failed request is tried again. */
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
