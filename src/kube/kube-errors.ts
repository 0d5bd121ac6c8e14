/**
 * The errors of calls to a Kubernetes API server. They are plain classes with a stable `code`;
 * src/api/to-http-error.ts decides what they mean to an HTTP client.
 */

/** The base class of all errors of a call to the API server, except its cancellation by the caller. */
export abstract class KubeError extends Error {
  abstract readonly code: string;
}

/**
 * The API server answered with a status other than 2xx. `message` is its text, which is for logs and not for clients.
 */
export class KubeStatusError extends KubeError {
  override readonly code = 'KUBE_STATUS';
  override readonly name = 'KubeStatusError';
  readonly status: number;
  /** The reason in the Status object, for example `Conflict`; empty if the body has none. */
  readonly reason: string;
  /** How long the API server asks the client to wait, in seconds, from the Retry-After header. */
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, reason: string, message: string, retryAfterSeconds?: number) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** No answer: the connection was refused or reset, the name was not resolved, or the TLS handshake failed. */
export class KubeUnreachableError extends KubeError {
  override readonly code = 'KUBE_UNREACHABLE';
  override readonly name = 'KubeUnreachableError';
  /** Whether the request was written to a connection, so that the API server may have carried it out. */
  readonly sent: boolean;

  constructor(sent: boolean, cause: unknown) {
    super(`no answer from the API server: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
    this.sent = sent;
  }
}

/** A timeout with a shorter deadline says nothing about the API server, because other work had used up the time. */
const FAIR_DEADLINE_MS = 1_000;

/** No answer within the deadline. */
export class KubeTimeoutError extends KubeError {
  override readonly code = 'KUBE_TIMEOUT';
  override readonly name = 'KubeTimeoutError';
  /** As in KubeUnreachableError. */
  readonly sent: boolean;
  /** Whether the deadline was long enough for a healthy API server. */
  readonly fair: boolean;

  constructor(sent: boolean, limitMs: number) {
    super(`no answer from the API server within ${limitMs} ms`);
    this.sent = sent;
    this.fair = limitMs >= FAIR_DEADLINE_MS;
  }
}

/** The credentials could not be read: the kubeconfig or token file is not readable, or the exec plugin failed. */
export class KubeCredentialsError extends KubeError {
  override readonly code = 'KUBE_CREDENTIALS';
  override readonly name = 'KubeCredentialsError';
  constructor(cause: unknown) {
    super(`no credentials for the API server: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/** The call was not sent, because the API server has not answered for a while. */
export class KubeCircuitOpenError extends KubeError {
  override readonly code = 'KUBE_CIRCUIT_OPEN';
  override readonly name = 'KubeCircuitOpenError';
  /** Seconds until calls are sent again. */
  readonly retryAfterSeconds: number;
  constructor(retryAfterSeconds: number) {
    super('the API server has not answered for a while');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The call was not sent, because too many calls are running or waiting, of this caller or in total. */
export class KubeBusyError extends KubeError {
  override readonly code = 'KUBE_BUSY';
  override readonly name = 'KubeBusyError';
  constructor() {
    super('too many calls to the API server are running or waiting');
  }
}

/** The answer violates the Kubernetes API: it is not JSON, or a field is missing or has the wrong type. */
export class KubeMalformedError extends KubeError {
  override readonly code = 'KUBE_MALFORMED';
  override readonly name: string = 'KubeMalformedError';
}

/** The answer is longer than this service accepts. */
export class KubeOversizeError extends KubeMalformedError {
  override readonly name = 'KubeOversizeError';
}
