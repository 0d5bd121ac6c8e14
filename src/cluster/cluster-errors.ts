import type { Deployment } from './deployment.ts';
import type { Forecast } from './ownership/forecast.ts';

/**
 * What can go wrong in a cluster, in the terms of this service. Plain classes with a stable `code`:
 * src/api/to-http-error.ts decides what they mean to an HTTP client.
 */

/** The cache does not hold the requested Deployments yet: they are being read for the first time. */
export class NotSyncedError extends Error {
  readonly code = 'NOT_SYNCED';
  override readonly name = 'NotSyncedError';
}

/**
 * The cluster cannot be served as it should. `UNREACHABLE`: its API server cannot be reached. `BLOCKED`: it does not decide
 * what clients may do.
 */
export class NotReadyError extends Error {
  override readonly name = 'NotReadyError';
  readonly code: 'UNREACHABLE' | 'BLOCKED';
  constructor(code: NotReadyError['code']) {
    super(code);
    this.code = code;
  }
}

/** The account of the service may not list and watch these Deployments, so the cache does not hold them. */
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

/** The service cannot answer with the freshness that the caller requires; `code` says why. */
export class FreshnessError extends Error {
  override readonly name = 'FreshnessError';
  readonly code: 'NOT_REACHED' | 'OPAQUE_RESOURCE_VERSIONS' | 'NAMESPACE_NEEDED' | 'TOO_MANY_WAITERS';
  constructor(code: FreshnessError['code'], cause?: unknown) {
    super(code, { cause });
    this.code = code;
  }
}

/** A text is not a label selector. */
export class SelectorError extends Error {
  readonly code = 'INVALID_SELECTOR';
  override readonly name = 'SelectorError';
  /** Of the character at which the text goes wrong, from 1. */
  readonly position: number;
  constructor(problem: string, position: number) {
    super(`${problem} at character ${position}`);
    this.position = position;
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

/** A write or a read of one Deployment failed; `code` says why. */
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

  /** @param reason for ADMISSION_REFUSED: the message of the admission control, which is meant for the caller */
  constructor(code: DeploymentError['code'], namespace: string, deployment: string, reason: string = code) {
    super(reason);
    this.code = code;
    this.namespace = namespace;
    this.deployment = deployment;
  }
}

/** Somebody else sets the count of the Deployment, so the write was not made. `message` says who, and what to change. */
export class ReplicasManagedError extends Error {
  readonly code = 'REPLICAS_MANAGED';
  override readonly name = 'ReplicasManagedError';
  /** All that would happen to the count. */
  readonly forecasts: readonly Forecast[];
  /** @param refusal because of which the write was not made */
  constructor(refusal: Forecast, forecasts: readonly Forecast[]) {
    super(refusal.message);
    this.forecasts = forecasts;
  }
}

/**
 * A rail refuses the count, so the write was not made. `message` says which rail, and what it would allow. Nothing passes
 * it: no force, no restore.
 */
export class RailError extends Error {
  readonly code = 'RAIL';
  override readonly name = 'RailError';
  /** All that would happen to the count. */
  readonly forecasts: readonly Forecast[];
  constructor(message: string, forecasts: readonly Forecast[]) {
    super(message);
    this.forecasts = forecasts;
  }
}

/** The cluster does not allow the caller to do this. */
export class AccessDeniedError extends Error {
  readonly code = 'ACCESS_DENIED';
  override readonly name = 'AccessDeniedError';
  readonly user: string;
  /** In the terms of RBAC: verb, resource and place. */
  readonly action: string;
  constructor(user: string, action: string) {
    super(`${user} may not ${action}`);
    this.user = user;
    this.action = action;
  }
}

/** The access review failed. Without a decision of the cluster nobody is allowed anything. */
export class AuthorizerUnavailableError extends Error {
  readonly code = 'AUTHORIZER_UNAVAILABLE';
  override readonly name = 'AuthorizerUnavailableError';
  /** After how many seconds to try again, if that is known. */
  readonly retryAfterSeconds: number | undefined;
  constructor(cause: unknown, retryAfterSeconds?: number) {
    super('the access review failed', { cause });
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The namespaces that the caller may list are not known yet. The reviews go on. */
export class AccessUndecidedError extends Error {
  readonly code = 'ACCESS_UNDECIDED';
  override readonly name = 'AccessUndecidedError';
  /** The part of the namespaces that is decided. Their number would tell the caller how many others there are. */
  readonly percent: number;
  /** After how many seconds to try again. */
  readonly retryAfterSeconds: number;
  constructor(percent: number, retryAfterSeconds: number) {
    super(`${percent} % of the namespaces are decided`);
    this.percent = percent;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/**
 * A Deployment did not get the replicas that were waited for. `message` says why, or what became of them. Nothing of that
 * takes back a write that was made before.
 */
export class RolloutError extends Error {
  override readonly name = 'RolloutError';
  readonly code: 'GONE' | 'OVERRIDDEN' | 'STUCK' | 'LATE' | 'INTERRUPTED';
  readonly namespace: string;
  readonly deployment: string;
  /** The last that was seen of it; undefined: nothing. */
  readonly seen: Deployment | undefined;
  constructor(
    code: RolloutError['code'],
    { namespace, deployment }: { readonly namespace: string; readonly deployment: string },
    message: string,
    seen?: Deployment,
  ) {
    super(message);
    this.code = code;
    this.namespace = namespace;
    this.deployment = deployment;
    this.seen = seen;
  }
}
