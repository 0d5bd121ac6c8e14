import * as errors from '../src/errors.ts';
import type { Operation } from '../src/openapi/operation.ts';
import { Clusters, DeploymentList, FleetDeployments, Health, ReplicaCount } from './schemas.ts';

/** What the API document says of the operations, beyond the schemas of their routes. */

const ofNamespaces = [
  new errors.NamespaceNotWatchedError('other'),
  new errors.AuthorizerUnavailableError(),
] as const;

const ofReads = [
  ...ofNamespaces,
  new errors.FreshnessNotSupportedError(),
  new errors.TooManyWaitersError(),
  new errors.CacheNotSyncedError(),
  new errors.FreshnessNotReachedError(),
] as const;

export const getHealth: Operation = {
  operationId: 'getHealth',
  tag: 'Health',
  summary: 'Check the contact with the Kubernetes API server',
  description:
    'Answers 200 only if the API server has answered within the last 10 s. Reads are served while it is away, so this is no reason to take the service out of use.',
  answer: {
    description: 'Contact is verified',
    schema: Health,
    example: { status: 'OK' },
    headers: [],
  },
  errors: [new errors.UnhealthyError()],
};

export const listDeployments: Operation = {
  operationId: 'listDeployments',
  tag: 'Deployments',
  summary: 'List the Deployments of a namespace, or of all',
  description:
    'Without `namespace` the list holds the namespaces in which the caller may list Deployments. A namespace without any, existing or not, has an empty list.',
  answer: {
    description: 'The names of the Deployments, sorted',
    schema: DeploymentList,
    example: { deployments: ['default/my-deployment', 'shop/cart'] },
    headers: ['Age'],
    optionalHeaders: ['X-Resource-Version', 'X-Unavailable-Namespaces'],
  },
  errors: [
    ...ofReads,
    new errors.ForbiddenError('client', 'list deployments in namespace shop'),
    new errors.ServiceForbiddenError('list and watch Deployments in namespace shop'),
  ],
};

export const getReplicaCount: Operation = {
  operationId: 'getReplicaCount',
  tag: 'Replica counts',
  summary: 'Read the replica count of a Deployment',
  description:
    'Answers `spec.replicas` from memory, which a watch keeps current. `Age` says how old it may be; `maxAge` and `minResourceVersion` ask for more.',
  answer: {
    description: 'The replica count',
    schema: ReplicaCount,
    example: { replicaCount: 3 },
    headers: ['Age', 'ETag'],
    optionalHeaders: ['X-Resource-Version'],
  },
  errors: [
    ...ofReads,
    new errors.ForbiddenError('client', 'get deployments/scale in namespace default'),
    new errors.ServiceForbiddenError('list and watch Deployments in namespace default'),
    new errors.DeploymentNotFoundError('my-deployment', 'default'),
  ],
};

export const setReplicaCount: Operation = {
  operationId: 'setReplicaCount',
  tag: 'Replica counts',
  summary: 'Set the replica count of a Deployment',
  description:
    'Sets `spec.replicas` through the `scale` subresource and answers when reads show it. Setting the count that there is changes nothing and succeeds. After 504 `OUTCOME_UNKNOWN` read the count before trying again.',
  requestHeaders: ['If-Match'],
  answer: {
    description: 'The replica count that is set now',
    schema: ReplicaCount,
    example: { replicaCount: 3 },
    headers: ['X-Resource-Version'],
    optionalHeaders: ['ETag'],
  },
  errors: [
    ...ofNamespaces,
    new errors.InvalidBodyError('field replicas must be integer'),
    new errors.InvalidHeaderError('If-Match is not a list of entity tags: send the ETag of an answer'),
    new errors.ForbiddenError('client', 'patch deployments/scale in namespace default'),
    new errors.ServiceForbiddenError('scale Deployments in namespace default'),
    new errors.DeploymentNotFoundError('my-deployment', 'default'),
    new errors.ConflictError('my-deployment', 'default'),
    new errors.PreconditionFailedError('my-deployment', 'default'),
    new errors.BodyTooLargeError(),
    new errors.UnsupportedMediaTypeError(),
    new errors.AdmissionRefusedError('at most 10 replicas'),
    new errors.KubernetesRateLimitedError(),
    new errors.ClusterBusyError(),
    new errors.LogBlockedError(),
    new errors.KubernetesUnreachableError(),
    new errors.KubernetesUnavailableError(),
    new errors.KubernetesTimeoutError(),
    new errors.OutcomeUnknownError(),
  ],
};

export const setReplicaCountByOldName: Operation = {
  ...setReplicaCount,
  operationId: 'setReplicaCountByOldName',
  summary: 'Set the replica count of a Deployment, by the name that this had before',
  description: 'The same as `POST /{cluster}/replica-count`, which is to be used instead.',
  deprecated: true,
};

export const listClusters: Operation = {
  operationId: 'listClusters',
  tag: 'Clusters',
  summary: 'List the clusters',
  description:
    'The clusters that the service serves, the default one first, and how each is: `ready`, `syncing` while its Deployments are read for the first time, `unreachable` while its API server cannot be reached; reads of what was known before go on then.',
  answer: {
    description: 'The clusters',
    schema: Clusters,
    example: { clusters: [{ name: 'production', default: true, state: 'ready' }] },
    headers: [],
  },
  errors: [],
};

export const listFleetDeployments: Operation = {
  operationId: 'listFleetDeployments',
  tag: 'Clusters',
  summary: 'List the Deployments of all clusters',
  description:
    'Each cluster has either the list that its RBAC lets the caller see, or the error that the list of that cluster would end with. A cluster that does not answer within 5 s has an error too, so that none delays the others. `Age` is that of the oldest of the lists.',
  answer: {
    description: 'The names of the Deployments, cluster by cluster, the default one first',
    schema: FleetDeployments,
    example: {
      clusters: [
        { name: 'production', deployments: ['default/my-deployment', 'shop/cart'] },
        {
          name: 'staging',
          error: {
            code: 'CACHE_NOT_SYNCED',
            message: 'The service has not yet read the Deployments from the cluster: try again in a moment',
          },
        },
      ],
    },
    headers: [],
    optionalHeaders: ['Age', 'X-Unavailable-Namespaces'],
  },
  errors: [],
};
