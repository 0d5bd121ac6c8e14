/**
 * What can go wrong between this service and a Kubernetes API server.
 * Plain classes with a stable `code`: what they mean to an HTTP client is decided in src/api/to-http-error.ts.
 */

/** Every error that a call to the API server ends with, other than the caller's own cancellation. */
export abstract class KubeError extends Error {
  abstract readonly code: string;
}

/** The API server answered with a status other than 2xx. `message` is its own text: for logs, not for clients. */
export class KubeStatusError extends KubeError {
  override readonly code = 'KUBE_STATUS';
  override readonly name = 'KubeStatusError';
  readonly status: number;
  /** Machine-readable reason of the Status object, for example `Conflict`; empty where the body held none. */
  readonly reason: string;
  /** Seconds that the API server asks to wait, from the Retry-After header. */
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, reason: string, message: string, retryAfterSeconds?: number) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** No answer: refused, reset, unresolved name, failed TLS handshake. */
export class KubeUnreachableError extends KubeError {
  override readonly code = 'KUBE_UNREACHABLE';
  override readonly name = 'KubeUnreachableError';
  /** Whether the request had been written to a connection: then the API server may have carried it out. */
  readonly sent: boolean;

  constructor(sent: boolean, cause: unknown) {
    super(`no answer from the API server: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
    this.sent = sent;
  }
}

/** A timeout with a shorter deadline says nothing about the API server: other calls had used up the time before it. */
const FAIR_DEADLINE_MS = 1_000;

/** No answer within the deadline. */
export class KubeTimeoutError extends KubeError {
  override readonly code = 'KUBE_TIMEOUT';
  override readonly name = 'KubeTimeoutError';
  /** As in KubeUnreachableError. */
  readonly sent: boolean;
  /** Whether the deadline was long enough for an API server that is well. */
  readonly fair: boolean;

  constructor(sent: boolean, limitMs: number) {
    super(`no answer from the API server within ${limitMs} ms`);
    this.sent = sent;
    this.fair = limitMs >= FAIR_DEADLINE_MS;
  }
}

/** The credentials could not be had: unreadable kubeconfig or token file, failing exec plugin. */
export class KubeCredentialsError extends KubeError {
  override readonly code = 'KUBE_CREDENTIALS';
  override readonly name = 'KubeCredentialsError';
  constructor(cause: unknown) {
    super(`no credentials for the API server: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/** The API server has not answered for a while: it was not even asked. */
export class KubeCircuitOpenError extends KubeError {
  override readonly code = 'KUBE_CIRCUIT_OPEN';
  override readonly name = 'KubeCircuitOpenError';
  /** Seconds after which it is asked again. */
  readonly retryAfterSeconds: number;
  constructor(retryAfterSeconds: number) {
    super('the API server has not answered for a while');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Too many calls to the API server are under way for this caller or in all: this one was not sent. */
export class KubeBusyError extends KubeError {
  override readonly code = 'KUBE_BUSY';
  override readonly name = 'KubeBusyError';
  constructor() {
    super('too many calls to the API server are under way');
  }
}

/** An answer that is not what the Kubernetes API promises: not JSON, a field missing or of the wrong type. */
export class KubeMalformedError extends KubeError {
  override readonly code = 'KUBE_MALFORMED';
  override readonly name: string = 'KubeMalformedError';
}

/** An answer that is longer than this service takes in. */
export class KubeOversizeError extends KubeMalformedError {
  override readonly name = 'KubeOversizeError';
}
