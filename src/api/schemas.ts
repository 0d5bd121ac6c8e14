import { Type } from 'typebox';
import { LABEL } from '../lib/dns-label.ts';

/** Parameters and bodies that several routes share. The title of a body is its name in the API document. */

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

export const LabelSelector = Type.String({
  description:
    'Kubernetes label selector: only the Deployments whose labels meet all its requirements, which are separated by commas. Those based on equality: `app=cart` (or `==`), `app!=cart`. Those based on sets: `tier in (web,api)`, `tier notin (web,api)`, `tier` (there is such a label), `!tier` (there is none). Those on integers: `shard>3`, `shard<3`. As in Kubernetes, `!=` and `notin` also select Deployments without the label; an empty selector selects all. `kubectl get deployments --selector` takes the same text. Encode it for the URL.',
  maxLength: 1024,
  examples: ['app.kubernetes.io/part-of=shop,tier in (web,api),!canary'],
});

/** A query parameter that is `true` or `false`. */
export const Flag = (description: string) =>
  Type.Optional(Type.Enum(['true', 'false'], { type: 'string', description, default: 'false' }));

/** A query without parameters. Any parameter is refused, so that a caller does not believe that it has an effect. */
export const NoQuery = Type.Object({}, { additionalProperties: false });

/** For the types of a handler that answers 304, which has no body. */
export const NoBody = Type.Unsafe<undefined>({});

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

/** The path parameter of the routes that are mounted at `/:cluster`. */
export const ClusterParameter = Type.Object({ cluster: ClusterName });
