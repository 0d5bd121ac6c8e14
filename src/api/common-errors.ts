import type { FastifyError } from '@fastify/error';
import * as errors from './errors.ts';

/** The errors that any request can end with. */
export const errorsOfEveryRequest: readonly FastifyError[] = [
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

/** The errors of operations that take a namespace. */
export const errorsOfNamespaces: readonly FastifyError[] = [
  new errors.NamespaceNotWatchedError('other'),
  new errors.AuthorizerUnavailableError(),
];

/** The error of a conditional read. */
export const malformedIfNoneMatch: FastifyError = new errors.InvalidHeaderError(
  'If-None-Match is not a list of entity tags: send the ETag of an answer',
);

/** The errors of operations that read from the cache of one cluster. */
export const errorsOfReads: readonly FastifyError[] = [
  ...errorsOfNamespaces,
  new errors.FreshnessNotSupportedError(),
  new errors.TooManyWaitersError(),
  new errors.CacheNotSyncedError(),
  new errors.FreshnessNotReachedError(),
];
