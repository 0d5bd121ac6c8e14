import { Type } from 'typebox';
import { LABEL } from '../src/names.ts';

/** Parameters that several routes share, and the bodies of requests and answers; `title` is a body's name in the API document. */

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
        'Waits, up to 5 s, until the service has seen this resourceVersion (X-Resource-Version of another answer); 429 if too many reads wait',
      pattern: '^[1-9][0-9]*$',
      maxLength: 100,
      examples: ['48151623'],
    }),
  ),
};

/** The largest count that the Kubernetes API can hold (int32). */
const MAX_REPLICAS = 2_147_483_647;

export const Health = Type.Object(
  { status: Type.Literal('OK', { description: 'Contact with the Kubernetes API server is verified' }) },
  { title: 'Health', additionalProperties: false },
);

export const DeploymentList = Type.Object(
  {
    deployments: Type.Array(Type.String({ examples: ['default/my-deployment'] }), {
      description: 'Names as `namespace/name`, sorted by their bytes',
    }),
  },
  { title: 'DeploymentList', additionalProperties: false },
);

export const Scale = Type.Object(
  {
    replicas: Type.Integer({
      description: 'The count to set, written in digits only: `3`, not `3.0` or `3e0`',
      minimum: 0,
      maximum: MAX_REPLICAS,
      format: 'int32',
      examples: [3],
    }),
  },
  { title: 'Scale', description: 'What to set; nothing in it is coerced', additionalProperties: false },
);

export const ReplicaCount = Type.Object(
  {
    replicaCount: Type.Integer({
      description: 'spec.replicas of the Deployment: the count that is asked for, not that of running pods',
      minimum: 0,
      maximum: MAX_REPLICAS,
      format: 'int32',
      examples: [3],
    }),
  },
  { title: 'ReplicaCount', additionalProperties: false },
);

const ClusterName = Type.String({
  description: 'Name of a cluster: a DNS label',
  pattern: `^${LABEL}$`,
  examples: ['production'],
});

/** Of the routes that are mounted at `/:cluster`. */
export const ClusterParameter = Type.Object({ cluster: ClusterName });

export const Clusters = Type.Object(
  {
    clusters: Type.Array(
      Type.Object(
        {
          name: ClusterName,
          default: Type.Boolean({ description: 'Whether it is the one that paths without a cluster serve' }),
          state: Type.Enum(['ready', 'syncing', 'unreachable'], {
            description: 'Whether its Deployments are known, being read for the first time, or getting old',
          }),
        },
        { title: 'Cluster', additionalProperties: false },
      ),
    ),
  },
  { title: 'Clusters', additionalProperties: false },
);

export const FleetDeployments = Type.Object(
  {
    clusters: Type.Array(
      Type.Object(
        {
          name: ClusterName,
          deployments: Type.Optional(DeploymentList.properties.deployments),
          error: Type.Optional(
            Type.Object(
              {
                code: Type.String({
                  description: 'The stable code of the error',
                  examples: ['CACHE_NOT_SYNCED'],
                }),
                message: Type.String({ description: 'What to do' }),
              },
              { description: 'Why there is no list of this cluster', additionalProperties: false },
            ),
          ),
        },
        { title: 'ClusterDeployments', additionalProperties: false },
      ),
    ),
  },
  { title: 'FleetDeployments', additionalProperties: false },
);
