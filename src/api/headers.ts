import { Type } from 'typebox';
import { IF_MATCH_PATTERN } from './if-match.ts';

/** The headers of the API, by their names. */

/** Headers of answers. */
export const answerHeaders = {
  Age: Type.Integer({
    description:
      'Seconds, rounded up, since the API server last confirmed the state; on a quiet cluster up to some 60 are normal. It grows while the API server is away: a client whose reads were allowed before goes on reading, by default for up to 65 minutes; maxAge refuses what is too old',
    minimum: 0,
    examples: [2],
  }),
  ETag: Type.String({
    description:
      'Names this spec of this Deployment: it changes when somebody scales it, not when its pods come and go. For If-Match',
    pattern: '^"[\\x21\\x23-\\x7e]+"$',
    examples: ['"0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"'],
  }),
  'X-Resource-Version': Type.String({
    description:
      'resourceVersion of the newest Deployment that the service has seen; after a write, of the change that it made. For minResourceVersion',
    pattern: '^[\\x21-\\x7e]+$',
    examples: ['48151623'],
  }),
  'X-Unavailable-Namespaces': Type.String({
    description:
      'Watched namespaces that the account of the service may not list, so that they are not in the list; in the list of all clusters each with its cluster in front, `cluster/namespace`',
    pattern: '^[-a-z0-9]+(/[-a-z0-9]+)?(, [-a-z0-9]+(/[-a-z0-9]+)?)*$',
    examples: ['team-a, team-b'],
  }),
  'X-Request-Id': Type.String({
    description: 'Names the request in the log of the service: its own X-Request-Id, else a new name',
    pattern: '^[A-Za-z0-9._-]{1,64}$',
    examples: ['9f86d081884c-1'],
  }),
  'Retry-After': Type.Integer({
    description: 'Seconds to wait before trying again',
    minimum: 1,
    examples: [1],
  }),
  Allow: Type.String({
    description: 'The methods that are possible here',
    pattern: '^[A-Z]+(, [A-Z]+)*$',
    examples: ['GET, HEAD'],
  }),
};

/** Headers of requests. */
export const requestHeaders = {
  'If-Match': Type.String({
    description:
      'Writes only if the Deployment is still what one of these entity tags names; else 412, and nothing changes',
    pattern: IF_MATCH_PATTERN,
    examples: ['"0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"'],
  }),
  'X-Request-Id': Type.String({
    description:
      'A name for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new name',
    examples: ['9f86d081884c-1'],
  }),
};

export type AnswerHeader = keyof typeof answerHeaders;
export type RequestHeader = keyof typeof requestHeaders;
