import type { components } from './api.ts';

/** The part of `Headers` that is needed. Node loads the whole of fetch to make one, which takes longer than a request. */
export interface HeaderFields {
  /** The value of the field of this name in any case; null if it is missing. */
  get(name: string): string | null;
}

type ErrorBody = components['schemas']['Error'];

/**
 * Whether an error of a write leaves open if anything was changed: there is no answer, it is that of a proxy, or the
 * service says so.
 */
export function isUnknown(error: unknown): boolean {
  if (!(error instanceof ApiError)) return true;
  const isOfProxy = error.code === 'UNEXPECTED_ANSWER' && (error.status < 400 || error.status >= 500);
  return isOfProxy || error.code === 'OUTCOME_UNKNOWN';
}

/** An error that the service answered: what it says, and where a wait goes on. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** The stable code, or `UNEXPECTED_ANSWER` if the answer is not one of this service, for example of a proxy. */
  readonly code: string;
  /** Of POST /scale: the items because of which nothing was changed. */
  readonly items: NonNullable<ErrorBody['items']>;
  /** The read that waits on, if the count was set: a path with its query. */
  readonly location: string | undefined;
  /** Seconds to wait before trying again; undefined also if a proxy sends a date. */
  readonly retryAfter: number | undefined;
  readonly requestId: string | undefined;

  constructor(status: number, body: Partial<ErrorBody>, headers: HeaderFields) {
    super(body.message ?? `the answer has status ${status} and is not one of k8s-deployment-scaler`);
    this.status = status;
    this.code = body.code ?? 'UNEXPECTED_ANSWER';
    this.items = body.items ?? [];
    this.location = headers.get('location') ?? undefined;
    const seconds = headers.get('retry-after');
    this.retryAfter = seconds !== null && /^\d+$/.test(seconds) ? Number(seconds) : undefined;
    this.requestId = headers.get('x-request-id') ?? undefined;
  }
}
