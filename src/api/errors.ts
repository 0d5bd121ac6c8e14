import { createError } from '@fastify/error';

/**
 * All errors that the service answers with. The codes are part of the API contract: clients may rely on them, so a code
 * is never renamed and never changes its status. Messages say what to do and reveal nothing internal.
 */

export const InvalidQueryError = createError<[string]>('INVALID_QUERY', '%s', 400);
export const InvalidBodyError = createError<[string]>('INVALID_BODY', '%s', 400);
export const InvalidHeaderError = createError<[string]>('INVALID_HEADER', '%s', 400);
export const FreshnessNotSupportedError = createError(
  'FRESHNESS_NOT_SUPPORTED',
  'The resourceVersions of this cluster are not numbers, so minResourceVersion and wait cannot be used',
  400,
);
export const InvalidUrlError = createError(
  'INVALID_URL',
  'The URL is not well-formed: check its percent-encoding',
  400,
);
export const MalformedRequestError = createError(
  'MALFORMED_REQUEST',
  'The request is not well-formed HTTP/1.1',
  400,
);
export const ReceiptInvalidError = createError<[string]>(
  'RECEIPT_INVALID',
  'The service cannot use this receipt, so nothing was changed: %s',
  400,
);
export const SelectTooWideError = createError(
  'SELECT_TOO_WIDE',
  'select would take every Deployment: give it a namespace or a labelSelector that is not empty',
  400,
);
export const CertificateUnusableError = createError(
  'CERTIFICATE_UNUSABLE',
  'The client certificate names nobody: it needs a common name (CN), or, where this service is configured to accept URIs, exactly one URI among its subjectAltNames; the extended key usage clientAuth; and names of at most 256 characters each, 8 KiB together',
  401,
);
export const IdentityReservedError = createError(
  'IDENTITY_RESERVED',
  'The client certificate names a user or a group that begins with system:, which Kubernetes reserves',
  403,
);
export const ClientNotAllowedError = createError(
  'CLIENT_NOT_ALLOWED',
  'The client certificate is not among those that this service is configured to let in',
  403,
);
export const ForbiddenError = createError<[string, string]>(
  'FORBIDDEN',
  '%s may not %s: an administrator of the cluster has to grant it',
  403,
);
export const ServiceForbiddenError = createError<[string]>(
  'SERVICE_FORBIDDEN',
  'The account of this service may not %s: an administrator of the cluster has to grant it',
  403,
);
export const RouteNotFoundError = createError<[string]>(
  'ROUTE_NOT_FOUND',
  'There is nothing at %s: /openapi.yaml lists the paths, unless this service is configured not to serve it',
  404,
);
export const DeploymentNotFoundError = createError<[string, string]>(
  'DEPLOYMENT_NOT_FOUND',
  'There is no Deployment %s in namespace %s',
  404,
);
export const DeploymentGoneError = createError<[string, string]>(
  'DEPLOYMENT_GONE',
  'Deployment %s in namespace %s was deleted: one that is there now is another',
  404,
);
export const NamespaceNotWatchedError = createError<[string]>(
  'NAMESPACE_NOT_WATCHED',
  'Namespace %s is not among those that this service is configured to watch',
  404,
);
export const ClusterNotFoundError = createError<[string]>(
  'CLUSTER_NOT_FOUND',
  'There is no cluster %s: GET /clusters lists the clusters',
  404,
);
export const MethodNotAllowedError = createError<[string, string]>(
  'METHOD_NOT_ALLOWED',
  '%s is not possible here: use %s',
  405,
);
export const NotAcceptableError = createError(
  'NOT_ACCEPTABLE',
  'The answer is text/event-stream, which the header Accept does not allow',
  406,
);
export const RequestTimeoutError = createError(
  'REQUEST_TIMEOUT',
  'The request did not arrive in time: send it again',
  408,
);
export const ReplicasManagedError = createError(
  'REPLICAS_MANAGED',
  'Nothing was changed, because the count would not stay. %s. To set it in spite of that, send force=true',
  409,
);
export const ConflictError = createError<[string, string]>(
  'CONFLICT',
  'Deployment %s in namespace %s is being changed by others at the same time: read its count and try again',
  409,
);
export const ReplicasOverriddenError = createError<[string]>(
  'REPLICAS_OVERRIDDEN',
  'Somebody set another count than the one that is waited for: %s',
  409,
);
export const ReceiptForeignError = createError(
  'RECEIPT_FOREIGN',
  'None of the Deployments of this receipt is there, so nothing was changed: it is of other clusters, or all of them have been deleted or created again',
  409,
);
export const ChangedSinceError = createError<[string]>(
  'CHANGED_SINCE',
  'Left alone, because the count is neither the one before nor the one after: %s',
  409,
);
export const PreconditionFailedError = createError<[string, string]>(
  'PRECONDITION_FAILED',
  'Deployment %s in namespace %s is no longer what If-Match or currentReplicas names: read it again, then decide again',
  412,
);
export const BodyTooLargeError = createError(
  'BODY_TOO_LARGE',
  'The body is larger than this operation takes: send nothing but its fields, and a batch of very many items in parts',
  413,
);
export const UrlTooLongError = createError<[number]>(
  'URL_TOO_LONG',
  'The URL is longer than %d characters',
  414,
);
export const UnsupportedMediaTypeError = createError(
  'UNSUPPORTED_MEDIA_TYPE',
  'Send the body as JSON with the header Content-Type: application/json',
  415,
);
export const AdmissionRefusedError = createError<[string]>(
  'ADMISSION_REFUSED',
  'The cluster refused the change: %s',
  422,
);
export const RailError = createError<[string]>('RAIL', 'Nothing was changed, because of a rail: %s', 422);
export const TooManyItemsError = createError<[number]>(
  'TOO_MANY_ITEMS',
  'select hits %d Deployments, and a batch has at most 1000: select fewer, in several batches',
  422,
);
export const RolloutStuckError = createError<[string]>(
  'ROLLOUT_STUCK',
  'The count is set, but its replicas do not become available: %s',
  422,
);
export const RateLimitedError = createError(
  'RATE_LIMITED',
  'This client sends more requests than the service allows: try again after the time in Retry-After',
  429,
);
export const TooManyWaitersError = createError(
  'TOO_MANY_WAITERS',
  'Too many requests of this client, or of all clients, are waiting: nothing was changed, try again after the time in Retry-After',
  429,
);
export const TooManyStreamsError = createError(
  'TOO_MANY_STREAMS',
  'This client, or all clients, read too many streams: end one, or try again after the time in Retry-After',
  429,
);
export const BatchBusyError = createError(
  'BATCH_BUSY',
  'Too many batches of this client, or of all clients, are under way: nothing was changed, try again after the time in Retry-After',
  429,
);
export const KubernetesRateLimitedError = createError(
  'KUBERNETES_RATE_LIMITED',
  'The Kubernetes API server is overloaded and asks to wait: try again after the time in Retry-After',
  429,
);
export const HeadersTooLargeError = createError(
  'HEADERS_TOO_LARGE',
  'The headers are larger than this service takes: send fewer or shorter ones',
  431,
);
export const InternalError = createError(
  'INTERNAL_ERROR',
  'The service failed unexpectedly: try again, and report the request id if it lasts',
  500,
);
export const AuthorizerUnavailableError = createError(
  'AUTHORIZER_UNAVAILABLE',
  'The cluster could not be asked whether this client may do that: nothing was done, try again later',
  503,
);
export const AccessUndecidedError = createError<[number]>(
  'ACCESS_UNDECIDED',
  'The cluster is still being asked in which namespaces this client may list (%d %% are decided): try again after the time in Retry-After, or list one namespace',
  503,
);
export const OverloadedError = createError(
  'OVERLOADED',
  'The service is overloaded: try again in a moment',
  503,
);
export const LogBlockedError = createError(
  'LOG_BLOCKED',
  'The log of the service takes no more lines, and every write needs a line: nothing was changed, try again later',
  503,
);
export const CacheNotSyncedError = createError(
  'CACHE_NOT_SYNCED',
  'The service has not yet read the Deployments from the cluster: try again in a moment',
  503,
);
export const ClusterBusyError = createError(
  'CLUSTER_BUSY',
  'Too many requests wait for the Kubernetes API server of this cluster: nothing was done, try again in a moment',
  503,
);
export const KubernetesUnreachableError = createError(
  'KUBERNETES_UNREACHABLE',
  'The Kubernetes API server cannot be reached: nothing was changed, try again later',
  503,
);
export const KubernetesUnavailableError = createError(
  'KUBERNETES_UNAVAILABLE',
  'The Kubernetes API server could not serve the request: nothing was changed, try again later',
  503,
);
export const UnhealthyError = createError(
  'UNHEALTHY',
  'Contact with the Kubernetes API server could not be verified, so reads may be old and writes may fail: the log of the service says why',
  503,
);
export const ClusterBlockedError = createError(
  'CLUSTER_BLOCKED',
  'The Kubernetes API server does not decide what clients may do, so they get 503: grant the account of the service create on subjectaccessreviews, unless its log names another cause',
  503,
);
export const WaitInterruptedError = createError<[string]>(
  'WAIT_INTERRUPTED',
  'The wait ended early, because %s. What was set stays set: to wait on, read what Location names, by a new connection',
  503,
);
export const BatchInterruptedError = createError<[string]>(
  'BATCH_INTERRUPTED',
  'Not started, because %s: post the receipt to go on',
  503,
);
export const DrainingError = createError('DRAINING', 'This instance is shutting down: connect again', 503);
export const KubernetesTimeoutError = createError(
  'KUBERNETES_TIMEOUT',
  'The Kubernetes API server did not answer in time: nothing was changed, try again later',
  504,
);
export const BatchOutOfTimeError = createError(
  'BATCH_OUT_OF_TIME',
  'Not started within the 5 minutes of a batch: post the receipt to go on',
  504,
);
export const FreshnessNotReachedError = createError(
  'FRESHNESS_NOT_REACHED',
  'The service could not get an answer as fresh as you asked for in time: try again, or accept an older one',
  504,
);
export const NotReadyInTimeError = createError<[string]>(
  'NOT_READY_IN_TIME',
  'The pods were not as the count says in time: %s. To wait on, read what Location names',
  504,
);
export const OutcomeUnknownError = createError(
  'OUTCOME_UNKNOWN',
  'The cluster did not say whether it made the change, and it may still make it: read the count with maxAge=0 before trying again',
  504,
);
