import type { Socket } from 'node:net';
import { FastifyError } from '@fastify/error';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import {
  AuthorizerUnavailableError,
  CacheRefusedError,
  DeploymentError,
  FreshnessError,
  KubeError,
  KubeStatusError,
  KubeTimeoutError,
  KubeUnreachableError,
  NamespaceNotWatchedError,
  NotSyncedError,
} from '../src/cluster/errors.ts';
import { errorBody } from '../src/error-body.ts';
import * as errors from '../src/errors.ts';
import { describeValidation, type ValidationFinding } from '../src/validation-message.ts';
import { setStandardHeaders } from './response-headers.ts';

/** One error shape for everything: routes, validation, unknown paths, wrong methods, and what src/cluster throws. */
export default fastifyPlugin(
  function errorsPlugin(app: FastifyInstance, _options, done) {
    app.setErrorHandler(answerError);
    done();
  },
  { name: 'errors', fastify: '5.x' },
);

/** Answers what Fastify refuses before it has a route and runs any hook: a URL that cannot be decoded. */
export function answerFrameworkError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  setStandardHeaders(request, reply);
  answerError(error, request, reply);
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  // The client went away, or what it sent broke off or turned malformed, while its body was being read.
  const answer = error === request.raw.errored ? new errors.MalformedRequestError() : toHttpError(error);
  if (answer instanceof errors.InternalError)
    request.log.error({ err: error }, 'a request failed unexpectedly');
  request.errorCode = answer.code;
  const retryAfter = retryAfterSeconds(error, answer.statusCode);
  if (retryAfter !== undefined && !reply.hasHeader('retry-after')) reply.header('retry-after', retryAfter);
  const body = errorBody(answer);
  reply
    .code(body.statusCode)
    .header('content-type', 'application/json; charset=utf-8')
    .send(JSON.stringify(body));
}

/**
 * Answers what is not well-formed HTTP, for which there is neither request nor reply: the same error shape, written
 * to the socket by hand.
 */
export function answerClientError(this: FastifyInstance, error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  if (!this.mayAnswerFailure(socket)) return;
  const body = errorBody(clientError(error.code));
  const text = JSON.stringify(body);
  socket.end(
    [
      `HTTP/1.1 ${body.statusCode} ${body.error}`,
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(text)}`,
      'Cache-Control: no-store',
      'X-Content-Type-Options: nosniff',
      'Connection: close',
      '',
      text,
    ].join('\r\n'),
  );
}

function clientError(code: string | undefined): FastifyError {
  if (code === 'HPE_HEADER_OVERFLOW') return new errors.HeadersTooLargeError();
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new errors.RequestTimeoutError();
  return new errors.MalformedRequestError();
}

/** The one place where an error of any kind becomes an answer. What is not known becomes INTERNAL_ERROR. */
function toHttpError(error: unknown): FastifyError {
  if (error instanceof DeploymentError) return deploymentError(error);
  if (error instanceof NotSyncedError) return new errors.CacheNotSyncedError();
  if (error instanceof NamespaceNotWatchedError) return new errors.NamespaceNotWatchedError(error.namespace);
  if (error instanceof AuthorizerUnavailableError) return new errors.AuthorizerUnavailableError();
  if (error instanceof CacheRefusedError) return new errors.ServiceForbiddenError(listIn(error.namespace));
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

function listIn(namespace: string | undefined): string {
  return namespace === undefined
    ? 'list and watch Deployments'
    : `list and watch Deployments in namespace ${namespace}`;
}

function freshnessError({ code }: FreshnessError): FastifyError {
  switch (code) {
    case 'NOT_REACHED':
      return new errors.FreshnessNotReachedError();
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
  if (error instanceof KubeStatusError) {
    if (error.status === 429) return new errors.KubernetesRateLimitedError();
    if (error.status === 403) return new errors.ServiceForbiddenError('read Deployments');
    return new errors.KubernetesUnavailableError();
  }
  return error instanceof KubeUnreachableError
    ? new errors.KubernetesUnreachableError()
    : new errors.KubernetesUnavailableError();
}

/** Fastify's own errors, whose codes and texts are not part of our contract. */
function frameworkError(error: FastifyError): FastifyError {
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new errors.BodyTooLargeError();
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new errors.UnsupportedMediaTypeError();
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new errors.InvalidBodyError('The body is not well-formed JSON: send {"replicas": N}');
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_MAX_PARAM_LENGTH':
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
  return validationContext === 'body'
    ? new errors.InvalidBodyError(describeValidation(validation, 'field'))
    : new errors.InvalidQueryError(describeValidation(validation, 'query parameter'));
}

function retryAfterSeconds(error: unknown, statusCode: number | undefined): number | undefined {
  if (statusCode !== 429 && statusCode !== 503) return undefined;
  return error instanceof KubeStatusError ? (error.retryAfterSeconds ?? 1) : 1;
}
