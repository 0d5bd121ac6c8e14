import { Type } from 'typebox';
import { ENTITY_TAGS_PATTERN } from './preconditions.ts';

/** Headers of answers, by name. */
export const answerHeaders = {
  Age: Type.Integer({
    description:
      'Seconds, rounded up, since the API server last confirmed the state. On a quiet cluster up to about 60 are normal. It grows while the API server is unreachable: a client whose reads were allowed before can still read, by default for up to 65 minutes. Set maxAge to refuse answers that are too old',
    minimum: 0,
    examples: [2],
  }),
  ETag: Type.String({
    description:
      'Identifies the answer, for use in If-None-Match. For a Deployment it identifies the current spec, for use in If-Match too: it changes when the Deployment is scaled, not when its pods start or end. For a list it identifies the content and its encoding, and is the same on every replica',
    pattern: '^"[\\x21\\x23-\\x7e]+"$',
    examples: ['"0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"'],
  }),
  Vary: Type.String({
    description: 'The header of the request on which the encoding of the answer depends',
    pattern: '^Accept-Encoding$',
    examples: ['Accept-Encoding'],
  }),
  'Content-Encoding': Type.String({
    description: 'How the body is compressed. Without it, the body is as it is',
    pattern: '^(br|zstd|gzip)$',
    examples: ['br'],
  }),
  'X-Resource-Version': Type.String({
    description:
      'The resourceVersion of the newest Deployment that the service has seen or, after a write, of the change, for use in minResourceVersion',
    pattern: '^[\\x21-\\x7e]+$',
    examples: ['48151623'],
  }),
  'X-Previous-Replicas': Type.Integer({
    description:
      'The replica count right before the write. It is absent if the service did not see it in time',
    minimum: 0,
    examples: [3],
  }),
  'X-Replicas-Forecast': Type.String({
    description:
      'What will happen to the count, up to 16 things in this order: `undone`, `woken`, `pauses`, `contested`, `drifts`, `blocksUpgrade`, `unknown` or `holds`; by whom, as `Kind/name`; and `certainty=possible` if it is not certain. docs/how-to/make-it-stick.md explains each. Warning says what to change',
    pattern:
      '^[a-zA-Z]+(; by="[^"]*")?(; certainty=possible)?(, [a-zA-Z]+(; by="[^"]*")?(; certainty=possible)?)*$',
    examples: ['contested; by="HorizontalPodAutoscaler/cart"'],
  }),
  Warning: Type.String({
    description:
      'Up to 8 headers of up to 256 characters of text each: what will happen to the count and what to change so that it stays, and the warnings of the API server',
    examples: [
      '299 - "HorizontalPodAutoscaler shop/cart keeps 2 to 4: 3 holds until its next decision. To hold it: kubectl patch hpa cart -n shop --type=merge -p \'{\\"spec\\":{\\"minReplicas\\":3,\\"maxReplicas\\":3}}\'"',
    ],
  }),
  'X-Unavailable-Namespaces': Type.String({
    description:
      'Watched namespaces that are missing from the list because the account of the service may not list them; in the list of all clusters as `cluster/namespace`',
    pattern: '^[-a-z0-9]+(/[-a-z0-9]+)?(, [-a-z0-9]+(/[-a-z0-9]+)?)*$',
    examples: ['team-a, team-b'],
  }),
  Location: Type.String({
    description:
      'The read that goes on with a wait, without writing: a path with its query, for this service or another replica of it',
    pattern: '^/[\\x21-\\x7e]+$',
    examples: [
      '/deployments/default/my-deployment?wait=60&replicas=3&uid=0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60&minResourceVersion=48151623',
    ],
  }),
  'X-Request-Id': Type.String({
    description:
      'Identifies the request in the log of the service: the X-Request-Id of the request, or a new id',
    pattern: '^[A-Za-z0-9._-]{1,64}$',
    examples: ['9f86d081884c-1'],
  }),
  'Retry-After': Type.Integer({
    description: 'Seconds to wait before trying again',
    minimum: 1,
    examples: [1],
  }),
  Allow: Type.String({
    description: 'The methods that this path supports',
    pattern: '^[A-Z]+(, [A-Z]+)*$',
    examples: ['GET, HEAD'],
  }),
};

/** Headers of requests, by name. */
export const requestHeaders = {
  'If-Match': Type.String({
    description:
      'Writes only if one of these entity tags identifies the current spec of the Deployment; otherwise the answer is 412, and nothing changes',
    pattern: ENTITY_TAGS_PATTERN,
    examples: ['"0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"'],
  }),
  'If-None-Match': Type.String({
    description:
      'Answers 304 without a body if one of these entity tags identifies the current answer, in an encoding that Accept-Encoding allows',
    pattern: ENTITY_TAGS_PATTERN,
    examples: ['"0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60.7"'],
  }),
  'Last-Event-ID': Type.String({
    description:
      'The id of the last event that the client has got: the stream goes on after it, or begins with `reset` if that is not possible. An EventSource sends it by itself when it connects again',
    examples: ['48151623'],
  }),
  'X-Request-Id': Type.String({
    description:
      'An id for the request, which its answer and the log of the service repeat: 1 to 64 letters, digits, dots, dashes or underscores. The service replaces any other value with a new id',
    examples: ['9f86d081884c-1'],
  }),
};

export type AnswerHeader = keyof typeof answerHeaders;
export type RequestHeader = keyof typeof requestHeaders;
