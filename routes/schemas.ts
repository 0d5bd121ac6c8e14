import { Type } from 'typebox';

/** Parts that several routes share. */

export const Namespace = Type.String({
  description: 'Namespace: a DNS label',
  pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
  maxLength: 63,
  examples: ['default'],
});

export const DeploymentName = Type.String({
  description: 'Name of the Deployment: a DNS subdomain',
  pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
  maxLength: 253,
  examples: ['my-deployment'],
});

/** A query that has no parameters, and refuses those that a caller believes it has. */
export const NoQuery = Type.Object({}, { additionalProperties: false });

/** How fresh an answer has to be. Numbers in queries are digits that we parse ourselves: nothing is coerced. */
export const freshnessParameters = {
  maxAge: Type.Optional(
    Type.String({
      description:
        'Seconds: if what the service holds is older, the API server itself is asked, and 504 answered if that fails',
      pattern: '^(0|[1-9][0-9]{0,8})$',
      examples: ['10'],
    }),
  ),
  minResourceVersion: Type.Optional(
    Type.String({
      description:
        'Waits, up to 5 s, until the service has seen this resourceVersion (X-Resource-Version of another answer)',
      pattern: '^[1-9][0-9]*$',
      maxLength: 100,
      examples: ['48151623'],
    }),
  ),
};
