import type { Socket } from 'node:net';
import type { FastifyError } from '@fastify/error';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { BatchRefusedError } from '../src/api/batch-refused.ts';
import { errorBody } from '../src/api/error-body.ts';
import * as errors from '../src/api/errors.ts';
import { forecastHeader } from '../src/api/forecast-headers.ts';
import { toHttpError } from '../src/api/to-http-error.ts';
import {
  AccessUndecidedError,
  AuthorizerUnavailableError,
  RailError,
  ReplicasManagedError,
  RolloutError,
} from '../src/cluster/cluster-errors.ts';
import { KubeCircuitOpenError, KubeStatusError } from '../src/kube/kube-errors.ts';
import { setStandardHeaders } from './response-headers.ts';

/** A batch takes a while. */
const BATCH_SECONDS = 10;

/** Answers all errors in one shape: those of routes, validation, unknown paths, wrong methods and src/cluster. */
export default fastifyPlugin(
  function errorsPlugin(app: FastifyInstance, _options, done) {
    app.setErrorHandler(answerError);
    done();
  },
  { name: 'errors', fastify: '5.x' },
);

/**
 * Answers requests that Fastify refuses before it looks for a route, because their URL cannot be decoded. Fastify runs
 * no hooks for such a request, so this function does what the hooks do for other answers.
 */
export function answerFrameworkError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  setStandardHeaders(request, reply);
  answerError(error, request, reply);
  request.server.logUnhooked(request, reply);
  request.server.countRequest(request, reply, undefined);
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  // The client disconnected, before its long answer began too, or sent an incomplete or malformed body.
  const isOfClient = error === request.raw.errored || (reply.raw.destroyed && isCutOff(error));
  const answer = isOfClient ? new errors.MalformedRequestError() : toHttpError(error);
  if (answer instanceof errors.InternalError)
    request.log.error({ err: error }, 'a request failed unexpectedly');
  request.errorCode = answer.code;
  // After a write that was made, a client that tries again would write again.
  const mayRetry = !(error instanceof RolloutError && request.method === 'POST');
  const retryAfter = mayRetry ? retryAfterSeconds(error, answer.statusCode) : undefined;
  if (retryAfter !== undefined && !reply.hasHeader('retry-after')) reply.header('retry-after', retryAfter);
  if (error instanceof ReplicasManagedError || error instanceof RailError)
    reply.header('x-replicas-forecast', forecastHeader(error.forecasts));
  const body = errorBody(answer, error instanceof BatchRefusedError ? error.items : undefined);
  const text = JSON.stringify(body);
  reply
    .code(body.statusCode)
    .header('content-type', 'application/json; charset=utf-8')
    // With many items it is sent piece by piece, which a text is not.
    .send(body.items === undefined ? text : Buffer.from(text));
}

/** Whether a body that is sent piece by piece ended because its connection had closed. */
function isCutOff(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

/**
 * Answers bytes that are not well-formed HTTP. There is no request or reply for them, so this writes an error of the
 * same shape directly to the socket.
 */
export function answerClientError(this: FastifyInstance, error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  if (!this.mayAnswerFailure(socket)) return;
  const body = errorBody(clientError(error.code));
  const text = JSON.stringify(body);
  this.countClientError(this.connectionOf(socket), body.statusCode);
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

function retryAfterSeconds(error: unknown, statusCode: number | undefined): number | undefined {
  if (statusCode !== 429 && statusCode !== 503) return undefined;
  if (error instanceof errors.BatchBusyError) return BATCH_SECONDS;
  const known =
    error instanceof KubeStatusError ||
    error instanceof KubeCircuitOpenError ||
    error instanceof AccessUndecidedError ||
    error instanceof AuthorizerUnavailableError;
  return (known ? error.retryAfterSeconds : undefined) ?? 1;
}
