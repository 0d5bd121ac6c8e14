import { FastifyError } from '@fastify/error';
import {
  BatchEndedError,
  ChangedSinceError,
  DeploymentGoneError,
  ForeignReceiptError,
  TooManyItemsError,
  UnknownClusterError,
} from '../batch/batch-errors.ts';
import { ReceiptError } from '../batch/receipt.ts';
import {
  AccessDeniedError,
  AccessUndecidedError,
  AuthorizerUnavailableError,
  CacheRefusedError,
  DeploymentError,
  FreshnessError,
  NamespaceNotWatchedError,
  NotReadyError,
  NotSyncedError,
  RailError,
  ReplicasManagedError,
  RolloutError,
  SelectorError,
} from '../cluster/cluster-errors.ts';
import {
  KubeBusyError,
  KubeCircuitOpenError,
  KubeError,
  KubeStatusError,
  KubeTimeoutError,
  KubeUnreachableError,
} from '../kube/kube-errors.ts';
import { BatchRefusedError } from './batch-refused.ts';
import * as errors from './errors.ts';
import { describeValidation, type ValidationFinding } from './validation-message.ts';

/** The only place that translates errors of any kind into answers. Unknown errors become INTERNAL_ERROR. */
export function toHttpError(error: unknown): FastifyError {
  if (error instanceof DeploymentError) return deploymentError(error);
  if (error instanceof NotSyncedError) return new errors.CacheNotSyncedError();
  if (error instanceof NotReadyError)
    return error.code === 'BLOCKED' ? new errors.ClusterBlockedError() : new errors.UnhealthyError();
  if (error instanceof NamespaceNotWatchedError) return new errors.NamespaceNotWatchedError(error.namespace);
  if (error instanceof AccessDeniedError) return new errors.ForbiddenError(error.user, error.action);
  if (error instanceof AccessUndecidedError) return new errors.AccessUndecidedError(error.percent);
  if (error instanceof AuthorizerUnavailableError) return new errors.AuthorizerUnavailableError();
  if (error instanceof ReplicasManagedError) return new errors.ReplicasManagedError(error.message);
  if (error instanceof RailError) return new errors.RailError(error.message);
  if (error instanceof RolloutError) return rolloutError(error);
  if (error instanceof BatchRefusedError) return error.answer;
  if (error instanceof ReceiptError) return new errors.ReceiptInvalidError(error.message);
  if (error instanceof ForeignReceiptError) return new errors.ReceiptForeignError();
  if (error instanceof TooManyItemsError) return new errors.TooManyItemsError(error.hits);
  if (error instanceof UnknownClusterError) return new errors.ClusterNotFoundError(error.cluster);
  if (error instanceof ChangedSinceError) return new errors.ChangedSinceError(error.message);
  if (error instanceof DeploymentGoneError)
    return new errors.DeploymentGoneError(error.deployment, error.namespace);
  if (error instanceof BatchEndedError) return batchEndedError(error);
  if (error instanceof CacheRefusedError) return new errors.ServiceForbiddenError(listIn(error.namespace));
  if (error instanceof SelectorError)
    return new errors.InvalidQueryError(`query parameter labelSelector: ${error.message}`);
  if (error instanceof FreshnessError) return freshnessError(error);
  if (error instanceof KubeError) return kubeError(error);
  if (error instanceof FastifyError) return error.code.startsWith('FST_') ? frameworkError(error) : error;
  if (isValidationError(error)) return invalid(error);
  return new errors.InternalError();
}

function deploymentError({ code, namespace, deployment, message }: DeploymentError): FastifyError {
  switch (code) {
    case 'NOT_FOUND':
      return new errors.DeploymentNotFoundError(deployment, namespace);
    case 'CONFLICT':
      return new errors.ConflictError(deployment, namespace);
    case 'PRECONDITION_FAILED':
      return new errors.PreconditionFailedError(deployment, namespace);
    case 'FORBIDDEN':
      return new errors.ServiceForbiddenError(`scale Deployments in namespace ${namespace}`);
    case 'ADMISSION_REFUSED':
      return new errors.AdmissionRefusedError(message);
    case 'OUTCOME_UNKNOWN':
      return new errors.OutcomeUnknownError();
  }
}

function batchEndedError({ code, message }: BatchEndedError): FastifyError {
  switch (code) {
    case 'INTERRUPTED':
      return new errors.BatchInterruptedError(message);
    case 'OUT_OF_TIME':
      return new errors.BatchOutOfTimeError();
    case 'NO_AUDIT_ROOM':
      return new errors.LogBlockedError();
  }
}

function rolloutError({ code, message, namespace, deployment }: RolloutError): FastifyError {
  switch (code) {
    case 'GONE':
      return new errors.DeploymentGoneError(deployment, namespace);
    case 'OVERRIDDEN':
      return new errors.ReplicasOverriddenError(message);
    case 'STUCK':
      return new errors.RolloutStuckError(message);
    case 'LATE':
      return new errors.NotReadyInTimeError(message);
    case 'INTERRUPTED':
      return new errors.WaitInterruptedError(message);
  }
}

function listIn(namespace: string | undefined): string {
  return namespace === undefined
    ? 'list and watch Deployments'
    : `list and watch Deployments in namespace ${namespace}`;
}

function freshnessError({ code }: FreshnessError): FastifyError {
  switch (code) {
    case 'NOT_REACHED':
      return new errors.FreshnessNotReachedError();
    case 'TOO_MANY_WAITERS':
      return new errors.TooManyWaitersError();
    case 'OPAQUE_RESOURCE_VERSIONS':
      return new errors.FreshnessNotSupportedError();
    case 'NAMESPACE_NEEDED':
      return new errors.InvalidQueryError(
        'query parameter minResourceVersion needs namespace on this service',
      );
  }
}

function kubeError(error: KubeError): FastifyError {
  if (error instanceof KubeTimeoutError) return new errors.KubernetesTimeoutError();
  if (error instanceof KubeBusyError) return new errors.ClusterBusyError();
  if (error instanceof KubeStatusError) {
    if (error.status === 429) return new errors.KubernetesRateLimitedError();
    if (error.status === 403) return new errors.ServiceForbiddenError('read Deployments');
    return new errors.KubernetesUnavailableError();
  }
  return error instanceof KubeUnreachableError || error instanceof KubeCircuitOpenError
    ? new errors.KubernetesUnreachableError()
    : new errors.KubernetesUnavailableError();
}

/** Translates errors of Fastify, whose codes and texts are not part of the API contract. */
function frameworkError(error: FastifyError): FastifyError {
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new errors.BodyTooLargeError();
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new errors.UnsupportedMediaTypeError();
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new errors.InvalidBodyError('The body is not well-formed JSON: correct its syntax');
    case 'FST_ERR_BAD_URL':
      return new errors.InvalidUrlError();
    default:
      return new errors.InternalError();
  }
}

interface ValidationError {
  readonly validation: readonly ValidationFinding[];
  readonly validationContext?: string;
}

function isValidationError(error: unknown): error is ValidationError {
  return error instanceof Error && 'validation' in error && Array.isArray(error.validation);
}

function invalid({ validation, validationContext }: ValidationError): FastifyError {
  if (validationContext === 'body')
    return new errors.InvalidBodyError(describeValidation(validation, 'field'));
  const noun = validationContext === 'params' ? 'path parameter' : 'query parameter';
  return new errors.InvalidQueryError(describeValidation(validation, noun));
}
