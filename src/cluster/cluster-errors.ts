/**
 * What can go wrong in a cluster in the terms of this service.
 * Plain classes with a stable `code`: what they mean to an HTTP client is decided in src/api/to-http-error.ts.
 */

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

/** The cluster does not let the caller do that. */
export class AccessDeniedError extends Error {
  readonly code = 'ACCESS_DENIED';
  override readonly name = 'AccessDeniedError';
  readonly user: string;
  /** As RBAC names it: verb, resource and where. */
  readonly action: string;
  constructor(user: string, action: string) {
    super(`${user} may not ${action}`);
    this.user = user;
    this.action = action;
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
