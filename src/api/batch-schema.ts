import { type Static, Type } from 'typebox';
import { MAX_ITEMS } from '../batch/batch.ts';
import { makeReceipt, type Receipt } from '../batch/receipt.ts';
import { MAX_COUNT } from '../lib/max-count.ts';
import { ClusterName, DeploymentName, LabelSelector, Namespace } from './schemas.ts';

/** The schemas of a batch of writes: what POST /scale takes and answers. */

const Count = (description: string) =>
  Type.Integer({ description, minimum: 0, maximum: MAX_COUNT, format: 'int32', examples: [3] });
const Id = (description: string) =>
  Type.String({
    description,
    pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$',
    examples: ['2b4f6d0c-8e1a-4c3b-9d5f-7a6e8c0b1d2f'],
  });

const ReceiptItem = Type.Object(
  {
    cluster: ClusterName,
    namespace: Namespace,
    deployment: DeploymentName,
    uid: Type.String({
      description: 'One that is created again under the same name is another Deployment',
      pattern: '^[-A-Za-z0-9._]+$',
      maxLength: 64,
      examples: ['0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60'],
    }),
    before: Count('The count before'),
    asked: Count('The count that is asked for'),
  },
  { title: 'ReceiptItem', additionalProperties: false },
);

export const ReceiptSchema = Type.Object(
  {
    version: Type.Integer({
      description: 'The version of its form: 1',
      minimum: 1,
      maximum: MAX_COUNT,
      format: 'int32',
      examples: [1],
    }),
    id: Id('The id of the batch that made it'),
    // No date-time: generated clients would parse it, and write it in another way than the checksum covers.
    at: Type.String({
      description: 'When it was made, as RFC 3339 writes it',
      pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$',
      examples: ['2026-11-29T19:00:00.000Z'],
    }),
    items: Type.Array(ReceiptItem, { minItems: 1, maxItems: MAX_ITEMS }),
    checksum: Type.String({
      description: 'Shows that a receipt was damaged while it was kept',
      pattern: '^[0-9a-f]{32}$',
      examples: ['9c56cc51b374c3ba189210d5b6d4bf57'],
    }),
  },
  {
    title: 'Receipt',
    description:
      'What a batch has to do. With it alone, any replica of the service can finish the batch or take it back. Keep it as it is',
    additionalProperties: false,
  },
);

const CountToSet = Type.Object(
  {
    cluster: Type.Optional(ClusterName),
    namespace: Namespace,
    deployment: DeploymentName,
    replicas: Count('The count to set, written in digits only'),
  },
  {
    title: 'CountToSet',
    description: 'Without a cluster, it is that of the path, or the default one',
    additionalProperties: false,
  },
);

const Selection = Type.Object(
  {
    namespace: Type.Optional(Namespace),
    labelSelector: Type.Optional(LabelSelector),
    clusters: Type.Optional(
      Type.Array(ClusterName, {
        description: 'Default: the cluster of the path, or the default one',
        minItems: 1,
        maxItems: MAX_ITEMS,
      }),
    ),
  },
  {
    title: 'Selection',
    description:
      'The Deployments that GET /scale lists with the same parameters: a namespace, a labelSelector, or both',
    additionalProperties: false,
  },
);

export const Batch = Type.Object(
  {
    items: Type.Optional(
      Type.Array(CountToSet, {
        description: 'Sets these counts, each Deployment once',
        minItems: 1,
        maxItems: MAX_ITEMS,
      }),
    ),
    select: Type.Optional(Selection),
    replicas: Type.Optional(Count('With select: the count for all of them')),
    receipt: Type.Optional(ReceiptSchema),
    restore: Type.Optional(ReceiptSchema),
  },
  {
    title: 'Batch',
    description:
      'Exactly one of `items`; `select` with `replicas`, which can only be planned; `receipt`, to finish what it asks for; and `restore`, to take it back',
    additionalProperties: false,
    examples: [{ items: [{ namespace: 'default', deployment: 'my-deployment', replicas: 3 }] }],
  },
);

const Code = (description: string) =>
  Type.String({ description, pattern: '^[A-Z_]+$', examples: ['CHANGED_SINCE'] });

const ItemForecast = Type.Object(
  {
    kind: Type.String({
      description:
        '`undone`, `woken`, `pauses`, `contested`, `drifts`, `blocksUpgrade`, `unknown` or `holds`',
      examples: ['contested'],
    }),
    by: Type.Optional(Type.String({ description: 'By whom', examples: ['HorizontalPodAutoscaler/cart'] })),
    certainty: Type.Enum(['certain', 'possible'], { type: 'string' }),
    message: Type.Optional(
      Type.String({
        description: 'What to change so that the count stays',
        examples: ['HorizontalPodAutoscaler shop/cart keeps 2 to 4: 3 holds until its next decision'],
      }),
    ),
  },
  { title: 'ItemForecast', additionalProperties: false },
);

const ChangedBy = Type.Object(
  {
    by: Type.String({
      description:
        'The user, if this replica of the service made the write; otherwise the field manager, or `unknown`',
      examples: ['kubectl'],
    }),
    at: Type.Optional(
      Type.String({
        description: 'When the service saw it; absent if that was before it started',
        format: 'date-time',
        examples: ['2026-11-29T22:10:00.000Z'],
      }),
    ),
  },
  {
    title: 'ChangedBy',
    description: 'Who has changed the count since the receipt',
    additionalProperties: false,
  },
);

const ItemRollout = Type.Object(
  {
    ready: Type.Boolean({ description: 'Whether the Deployment has its replicas' }),
    code: Type.Optional(Code('Why not, as an error of `POST /replica-count` with wait')),
    message: Type.Optional(Type.String({ description: 'Why not, for people' })),
  },
  { title: 'ItemRollout', description: 'With wait: what became of the pods', additionalProperties: false },
);

const BatchItem = Type.Object(
  {
    cluster: ClusterName,
    namespace: Type.String({ examples: ['shop'] }),
    deployment: Type.String({ examples: ['cart'] }),
    outcome: Type.Enum(['set', 'unchanged', 'leftAlone', 'refused', 'failed', 'unknown', 'notStarted'], {
      type: 'string',
      description:
        '`set`: the count was changed or, in a plan, would be; `unchanged`: it was so already; `leftAlone`: of a receipt: somebody else has changed it since, or, in a restore, it may not be set; `refused`: it may not be set, only in a plan; `failed`: the write changed nothing; `unknown`: the cluster did not say whether it made the change; `notStarted`: the batch ended before its turn',
    }),
    from: Type.Optional(Count('The count right before; absent if it is not known or not shown')),
    to: Count('The count that is asked for'),
    code: Type.Optional(Code('Why it was not set: the code of an error')),
    message: Type.Optional(Type.String({ description: 'Why it was not set, for people' })),
    right: Type.Optional(
      Type.Boolean({
        description: 'In a plan: whether the caller may scale it; absent if that could not be found out',
      }),
    ),
    rail: Type.Optional(
      Type.String({
        description: 'In a plan: why a rail refuses the count',
        examples: ['rule production: at most 10 (20 asked); allowed are 2 to 10'],
      }),
    ),
    restorable: Type.Optional(
      Type.Boolean({
        description: 'In a plan: whether the present count could be restored, as far as is known now',
      }),
    ),
    forecast: Type.Array(ItemForecast, { description: 'What will happen to the count' }),
    warnings: Type.Array(Type.String(), {
      description: 'What the forecasts and the API server warn of',
      maxItems: 8,
    }),
    resourceVersion: Type.Optional(
      Type.String({
        description: 'The resourceVersion of the change, for use in minResourceVersion',
        examples: ['48151623'],
      }),
    ),
    changedBy: Type.Optional(ChangedBy),
    rollout: Type.Optional(ItemRollout),
  },
  { title: 'BatchItem', additionalProperties: false },
);

const ItemCount = Type.Integer({ minimum: 0, maximum: MAX_ITEMS, format: 'int32' });

const BatchCounts = Type.Object(
  {
    set: ItemCount,
    unchanged: ItemCount,
    leftAlone: ItemCount,
    refused: ItemCount,
    failed: ItemCount,
    unknown: ItemCount,
    notStarted: ItemCount,
  },
  { title: 'BatchCounts', description: 'How many items have each outcome', additionalProperties: false },
);

export const BatchAnswer = Type.Object(
  {
    batch: Id('Identifies the batch in the log of the service and in Events'),
    dryRun: Type.Boolean({ description: 'Whether this is a plan: nothing was changed' }),
    counts: BatchCounts,
    items: Type.Array(BatchItem, {
      description: 'In the order in which they were given; of a select by cluster, namespace and name',
    }),
    receipt: Type.Optional(ReceiptSchema),
  },
  { title: 'BatchAnswer', additionalProperties: false },
);

/** The parts of both that have names of their own in the document, so that generated clients name them too. */
export const batchParts = [
  ReceiptSchema,
  ReceiptItem,
  CountToSet,
  Selection,
  BatchItem,
  BatchCounts,
  ItemForecast,
  ItemRollout,
  ChangedBy,
];

export type BatchBody = Static<typeof Batch>;
export type BatchAnswerBody = Omit<Static<typeof BatchAnswer>, 'receipt'> & { readonly receipt?: Receipt };
export type BatchItemBody = Static<typeof BatchItem>;

/** An example for the document. */
export const exampleAnswer: BatchAnswerBody = {
  batch: '2b4f6d0c-8e1a-4c3b-9d5f-7a6e8c0b1d2f',
  dryRun: false,
  counts: { set: 1, unchanged: 0, leftAlone: 0, refused: 0, failed: 0, unknown: 0, notStarted: 0 },
  items: [
    {
      cluster: 'production',
      namespace: 'shop',
      deployment: 'cart',
      outcome: 'set',
      from: 3,
      to: 0,
      forecast: [{ kind: 'holds', certainty: 'certain' }],
      warnings: [],
      resourceVersion: '48151623',
    },
  ],
  receipt: makeReceipt(
    '2b4f6d0c-8e1a-4c3b-9d5f-7a6e8c0b1d2f',
    [
      {
        cluster: 'production',
        namespace: 'shop',
        deployment: 'cart',
        uid: '0f9a3c1e-5b7d-4c2a-9e6f-1d2c3b4a5f60',
        before: 3,
        asked: 0,
      },
    ],
    new Date('2026-11-29T19:00:00Z'),
  ),
};
