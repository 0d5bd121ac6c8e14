import { type Static, Type } from 'typebox';
import type { DeploymentLimits } from '../cluster/access/guarded-cluster.ts';
import { limitsOf } from '../cluster/rails/limits.ts';
import type { Rail } from '../cluster/rails/rule.ts';
import { textOf } from '../cluster/rails/verdict.ts';
import { MAX_COUNT } from '../lib/max-count.ts';

/** The schema of what GET /limits answers, and what it answers. */

const Count = (description: string, example: number, least = 0) =>
  Type.Integer({ description, minimum: least, maximum: MAX_COUNT, format: 'int32', examples: [example] });
const Reason = Type.String({
  description: 'Why no change of the count is allowed; absent: this does not forbid it',
  examples: ['the control plane needs it'],
});

const RailSchema = Type.Object(
  {
    from: Type.String({
      description: '`rule NAME`, of the rules of this service, or `annotation KEY`, of the Deployment',
      examples: ['rule production'],
    }),
    min: Type.Optional(Count('The least count', 2)),
    max: Type.Optional(Count('The greatest count', 10)),
    maxStep: Type.Optional(
      Type.String({
        description:
          'How far one write may move the count: a number of replicas, or a share of the present count, rounded up',
        pattern: '^[1-9][0-9]*%?$',
        examples: ['50%'],
      }),
    ),
    allowZero: Type.Optional(
      Type.Boolean({
        description: 'Whether the count may be 0; absent: it may, unless `min` is 1 or more',
        examples: [true],
      }),
    ),
    protected: Type.Optional(Reason),
  },
  { title: 'Rail', description: 'Limits from one place', additionalProperties: false },
);

const RightsSchema = Type.Object(
  {
    read: Type.Boolean({ description: 'Whether the client may read the count' }),
    scale: Type.Boolean({ description: 'Whether the client may set it, as far as the rails allow' }),
  },
  {
    title: 'Rights',
    description: 'What the client may do by the RBAC of the cluster',
    additionalProperties: false,
  },
);

export const LimitsSchema = Type.Object(
  {
    namespace: Type.String({ examples: ['shop'] }),
    deployment: Type.String({ examples: ['cart'] }),
    replicas: Count('The present count', 3),
    min: Type.Optional(Count('The least count that is allowed besides 0; absent: any', 2)),
    max: Type.Optional(Count('The greatest count that is allowed; absent: any', 10)),
    maxStep: Type.Optional(
      Count('How many replicas one write may add or remove at the present count; absent: any number', 2, 1),
    ),
    allowZero: Type.Boolean({
      description: 'Whether the count may be 0, apart from `maxStep`',
      examples: [true],
    }),
    protected: Type.Optional(Reason),
    rails: Type.Array(RailSchema, {
      description:
        'Where the limits come from: each of them holds, so the strictest wins. Empty: there is none',
    }),
    may: RightsSchema,
  },
  {
    title: 'Limits',
    description: 'What limits the count of a Deployment. Setting the present count is always allowed',
    additionalProperties: false,
  },
);

export const exampleLimits: Static<typeof LimitsSchema> = {
  namespace: 'shop',
  deployment: 'cart',
  replicas: 3,
  min: 2,
  max: 10,
  maxStep: 2,
  allowZero: true,
  rails: [
    { from: 'rule production', min: 2, max: 20, maxStep: '50%', allowZero: true },
    { from: 'annotation k8s-deployment-scaler/max', max: 10 },
  ],
  may: { read: true, scale: true },
};

/** What GET /limits answers, as JSON: a limit that is undefined is absent. */
export function limitsAnswer({ reading, rails, may }: DeploymentLimits): string {
  const { namespace, name, replicas } = reading.value;
  const { min, max, maxStep, allowZero, protected: reason } = limitsOf(rails, replicas);
  return JSON.stringify({
    namespace,
    deployment: name,
    replicas,
    min,
    max,
    maxStep,
    allowZero,
    protected: reason,
    rails: rails.map(railOf),
    may,
  });
}

function railOf({ from, min, max, maxStep, allowZero, protected: reason }: Rail) {
  return { from, min, max, maxStep: maxStep && textOf(maxStep), allowZero, protected: reason };
}
