import { ApiError } from '../client/api-error.ts';
import { ConnectError } from './connect/connect-error.ts';

/** Answers that do not tell: of a service that does not know, that failed, or of a proxy. */
const UNTOLD = new Set(['OUTCOME_UNKNOWN', 'INTERNAL_ERROR', 'UNEXPECTED_ANSWER']);

/** Whether a write that ended with this error may have changed something. Otherwise it certainly has not. */
export function mayBeDone(error: unknown): boolean {
  if (error instanceof ConnectError) return error.outcomeUnknown;
  return !(error instanceof ApiError) || UNTOLD.has(error.code);
}
