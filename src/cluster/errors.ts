/**
 * What can go wrong between this service and a Kubernetes API server.
 * Plain classes with a stable `code`: what they mean to an HTTP client is decided in src/http-error.ts.
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
  override readonly name = 'KubeMalformedError';
}

/** The cache has never held the Deployments that were asked for: they are still being read for the first time. */
export class NotSyncedError extends Error {
  readonly code = 'NOT_SYNCED';
  override readonly name = 'NotSyncedError';
}

/** The account of the service may not list and watch Deployments there, so the cache does not hold them. */
export class CacheRefusedError extends Error {
  readonly code = 'CACHE_REFUSED';
  override readonly name = 'CacheRefusedError';
  /** undefined: cluster-wide. */
  readonly namespace: string | undefined;
  constructor(namespace: string | undefined) {
    super(`the account of the service may not list and watch ${namespace ?? 'all namespaces'}`);
    this.namespace = namespace;
  }
}

/** The freshness that a caller asked for cannot be had; `code` tells why. */
export class FreshnessError extends Error {
  override readonly name = 'FreshnessError';
  readonly code: 'NOT_REACHED' | 'OPAQUE_RESOURCE_VERSIONS' | 'NAMESPACE_NEEDED' | 'TOO_MANY_WAITERS';
  constructor(code: FreshnessError['code'], cause?: unknown) {
    super(code, { cause });
    this.code = code;
  }
}

/** The namespace is not among those that this cluster is configured to watch. */
export class NamespaceNotWatchedError extends Error {
  readonly code = 'NAMESPACE_NOT_WATCHED';
  override readonly name = 'NamespaceNotWatchedError';
  readonly namespace: string;
  constructor(namespace: string) {
    super(`namespace ${namespace} is not watched`);
    this.namespace = namespace;
  }
}

/** What a write or a read of one Deployment can fail with; `code` tells which. */
export class DeploymentError extends Error {
  override readonly name = 'DeploymentError';
  readonly code:
    | 'NOT_FOUND'
    | 'CONFLICT'
    | 'PRECONDITION_FAILED'
    | 'FORBIDDEN'
    | 'ADMISSION_REFUSED'
    | 'OUTCOME_UNKNOWN';
  readonly namespace: string;
  readonly deployment: string;

  /** @param reason for ADMISSION_REFUSED what the admission said, which is meant for the caller */
  constructor(code: DeploymentError['code'], namespace: string, deployment: string, reason: string = code) {
    super(reason);
    this.code = code;
    this.namespace = namespace;
    this.deployment = deployment;
  }
}

/** The cluster could not be asked whether somebody may do something, so nobody may. */
export class AuthorizerUnavailableError extends Error {
  readonly code = 'AUTHORIZER_UNAVAILABLE';
  override readonly name = 'AuthorizerUnavailableError';
  constructor(cause: unknown) {
    super('the access review failed', { cause });
  }
}
