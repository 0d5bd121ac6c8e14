import { type Static, Type } from 'typebox';

/** The schemas of the state of a Deployment: what GET /scale lists, and GET /deployments/{namespace}/{deployment} is. */

const Count = (description: string) => Type.Integer({ description, minimum: 0, examples: [3] });
const Time = (description: string) =>
  Type.String({ description, format: 'date-time', examples: ['2026-11-29T12:00:00.000Z'] });

const Owner = Type.Object(
  {
    kind: Type.String({
      description:
        '`HorizontalPodAutoscaler`; `ScaledObject` (KEDA); `Application` (Argo CD); `Kustomization` and `HelmRelease` (Flux); `Bundle` (Fleet); `Helm`: a release; `Apply`: a server-side or client-side apply; or the kind of the object whose controller owns the Deployment',
      examples: ['HorizontalPodAutoscaler'],
    }),
    name: Type.String({ description: 'Its name; of `Apply` the field manager', examples: ['cart'] }),
    does: Type.String({
      description: 'What it does to the count',
      examples: ['keeps the count between 2 and 4'],
    }),
    evidence: Type.String({
      description: 'Where that is seen',
      examples: ['its scaleTargetRef names the Deployment'],
    }),
  },
  { title: 'Owner', additionalProperties: false },
);

/** The fields of the last change, which those of any change begin with. */
export const changeFields = {
  at: Type.Optional(Time('When the service saw it; absent if that was before it started')),
  from: Type.Optional(Count('The count before; absent if the change was made before the service started')),
  to: Count('The count after'),
  manager: Type.String({
    description: 'The field manager that made it; `unknown` if Kubernetes did not note it',
    examples: ['kubectl'],
  }),
  user: Type.Optional(
    Type.String({
      description: 'Who made it; only if it was a write of this replica of the service',
      examples: ['alice'],
    }),
  ),
};

const LastChange = Type.Object(changeFields, {
  title: 'LastChange',
  description: 'The last change of the count',
  additionalProperties: false,
});

const Override = Type.Object(
  {
    by: Type.String({ description: 'The field manager that made it', examples: ['kube-controller-manager'] }),
    at: Time('When the service saw it'),
    from: Count('The count that the service had set'),
    to: Count('The count after'),
  },
  {
    // Not `Override`: a class of that name hides the annotation in Java.
    title: 'ReplicasOverride',
    description:
      'A change by somebody else within 5 minutes after the service had set the count. It is shown for an hour, or until the service sets the count again',
    additionalProperties: false,
  },
);

const Fight = Type.Object(
  {
    between: Type.Array(Type.String(), {
      description: 'Their field managers',
      minItems: 2,
      maxItems: 2,
      examples: [['kubectl', 'kube-controller-manager']],
    }),
    switches: Type.Integer({
      description: 'How often the count has passed from one to the other',
      minimum: 3,
      examples: [3],
    }),
    since: Time('When the service saw the change from which it passed first'),
    lastAt: Time('When the service saw it pass last'),
  },
  {
    title: 'Fight',
    description:
      'Two field managers set the count in turn: it passed from one to the other three times within 10 minutes. It is shown until 10 minutes after it passed last',
    additionalProperties: false,
  },
);

export const DeploymentStateSchema = Type.Object(
  {
    kind: Type.Literal('Deployment', { description: 'The kind of what is scaled' }),
    namespace: Type.String({ examples: ['shop'] }),
    deployment: Type.String({ description: 'Its name', examples: ['cart'] }),
    replicas: Count('spec.replicas: the count that is asked for'),
    current: Count('Pods in all'),
    updated: Count('Pods of the newest template'),
    ready: Count('Pods that are ready'),
    available: Count('Pods that have been ready for minReadySeconds'),
    phase: Type.Enum(['stable', 'progressing', 'stuck'], {
      type: 'string',
      description:
        '`stable`: the pods are as the spec asks for; `progressing`: they are getting there; `stuck`: the Deployment controller says that they do not',
    }),
    reason: Type.String({
      description: 'Why it is in this phase',
      examples: ['all 3 replicas are available'],
    }),
    paused: Type.Boolean({ description: 'Whether spec.paused holds back changes of the pod template' }),
    owners: Type.Array(Owner, { description: 'Who else sets the count' }),
    unknownOwners: Type.Array(Type.String(), {
      description:
        'Why there may be owners that are not known, and which right is missing; empty: all are known',
    }),
    lastChange: Type.Optional(LastChange),
    overridden: Type.Optional(Override),
    fight: Type.Optional(Fight),
  },
  { title: 'DeploymentState', additionalProperties: false },
);

export const DeploymentStates = Type.Object(
  { items: Type.Array(DeploymentStateSchema, { description: 'Sorted by `namespace/name`' }) },
  { title: 'DeploymentStates', additionalProperties: false },
);

/** An example for the document. */
export const exampleState: Static<typeof DeploymentStateSchema> = {
  kind: 'Deployment',
  namespace: 'shop',
  deployment: 'cart',
  replicas: 3,
  current: 3,
  updated: 3,
  ready: 3,
  available: 3,
  phase: 'stable',
  reason: 'all 3 replicas are available',
  paused: false,
  owners: [
    {
      kind: 'HorizontalPodAutoscaler',
      name: 'cart',
      does: 'keeps the count between 2 and 4',
      evidence: 'its scaleTargetRef names the Deployment',
    },
  ],
  unknownOwners: [],
  lastChange: { at: '2026-11-29T12:00:00.000Z', from: 2, to: 3, manager: 'kube-controller-manager' },
};
