import { Type } from 'typebox';
import { LABEL } from '../lib/dns-label.ts';

/** Parameters and bodies that several routes share; `title` is a body's name in the API document. */

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

export const DeploymentList = Type.Object(
  {
    deployments: Type.Array(Type.String({ examples: ['default/my-deployment'] }), {
      description: 'Names as `namespace/name`, sorted by their bytes',
    }),
  },
  { title: 'DeploymentList', additionalProperties: false },
);

export const ClusterName = Type.String({
  description: 'Name of a cluster: a DNS label',
  pattern: `^${LABEL}$`,
  examples: ['production'],
});

/** Of the routes that are mounted at `/:cluster`. */
export const ClusterParameter = Type.Object({ cluster: ClusterName });
