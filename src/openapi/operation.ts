import type { FastifyError } from '@fastify/error';
import type { TSchema } from 'typebox';
import * as errors from '../errors.ts';
import type { AnswerHeader, RequestHeader } from './headers.ts';

/**
 * What the API document says of an operation beyond the schemas of its route. The route names it in its `config`, so
 * nothing of this is looked at while requests are served.
 */
export interface Operation {
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  readonly deprecated?: boolean;
  /** Those that only some operations heed. */
  readonly requestHeaders?: readonly RequestHeader[];
  /** The answer with status 200. */
  readonly answer: {
    readonly description: string;
    /** Its title is the name of the component. */
    readonly schema: TSchema;
    readonly example: unknown;
    /** Those that it always has. */
    readonly headers: readonly AnswerHeader[];
    readonly optionalHeaders?: readonly AnswerHeader[];
  };
  /** The errors that it can end with, besides those of every request; each is an example of itself. */
  readonly errors: readonly FastifyError[];
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route is in the API document; a route without is not in there. */
    operation?: Operation;
  }
}

/** The errors that a request can end with, whatever it asks for. */
export const ERRORS_OF_EVERY_REQUEST: readonly FastifyError[] = [
  new errors.InvalidQueryError('unknown query parameter: namspace'),
  new errors.InvalidUrlError(),
  new errors.MalformedRequestError(),
  new errors.CertificateUnusableError(),
  new errors.IdentityReservedError(),
  new errors.ClientNotAllowedError(),
  new errors.RouteNotFoundError('/nope/healthz'),
  new errors.MethodNotAllowedError('DELETE', 'GET, HEAD'),
  new errors.RequestTimeoutError(),
  new errors.UrlTooLongError(2048),
  new errors.RateLimitedError(),
  new errors.HeadersTooLargeError(),
  new errors.InternalError(),
  new errors.OverloadedError(),
  new errors.DrainingError(),
];
