import { z } from 'zod';

/**
 * What tools take and answer. Inputs are strict, so that a misspelt parameter is an error and never ignored. Answers may have
 * fields that a newer service adds.
 */

const MAX_COUNT = 2_147_483_647;

const count = z.int().min(0).max(MAX_COUNT);
const cluster = z.string().min(1).describe('Name of a cluster. Default: the default cluster');
const namespace = z.string().min(1);
const deployment = z.string().min(1).describe('Name of the Deployment');

/** Of inputs: one Deployment. */
export const target = { cluster: cluster.exactOptional(), namespace, deployment };

export const replicas = count.describe('The count to set: 0 to 2147483647');

export const labelSelector = z
  .string()
  .min(1)
  .describe('Kubernetes label selector, as kubectl takes it: app=cart,tier in (web,api),!canary');

export const waitSeconds = z
  .int()
  .min(1)
  .max(300)
  .describe('Seconds to wait for the pods. Many agents end a call after 60 seconds');

export const force = z
  .boolean()
  .describe(
    'Sets counts even if an autoscaler or another tool will undo them. Only if the user has asked for it',
  );

/** Of inputs: which Deployments of one or more clusters. */
export const selection = z
  .strictObject({
    namespace: namespace.exactOptional(),
    labelSelector: labelSelector.exactOptional(),
    clusters: z.array(z.string().min(1)).min(1).exactOptional().describe('Default: the default cluster'),
  })
  .refine((given) => given.namespace !== undefined || given.labelSelector !== undefined, {
    error: 'give namespace, labelSelector or both',
  });

export const receipt = z
  .strictObject({
    version: z.int(),
    id: z.string(),
    at: z.string(),
    items: z.array(
      z.strictObject({
        cluster: z.string(),
        namespace: z.string(),
        deployment: z.string(),
        uid: z.string(),
        before: count,
        asked: count,
      }),
    ),
    checksum: z.string(),
  })
  .describe('Exactly as plan or park answered it');

const change = z.looseObject({
  at: z.string().optional(),
  from: z.number().optional(),
  to: z.number(),
  manager: z.string(),
  user: z.string().optional(),
});

export const state = z.looseObject({
  namespace: z.string(),
  deployment: z.string(),
  replicas: z.number().describe('The count that is asked for'),
  current: z.number(),
  updated: z.number(),
  ready: z.number(),
  available: z.number(),
  phase: z.enum(['stable', 'progressing', 'stuck']),
  reason: z.string().describe('Why it is in this phase'),
  paused: z.boolean(),
  owners: z
    .array(z.looseObject({ kind: z.string(), name: z.string(), does: z.string(), evidence: z.string() }))
    .describe('Who else sets the count'),
  unknownOwners: z.array(z.string()).describe('Why there may be more owners'),
  lastChange: change.optional(),
});

export const changes = z.looseObject({
  changes: z.array(change).describe('Newest first'),
  truncated: z.boolean(),
});

export const limits = z.looseObject({
  min: z.number().optional(),
  max: z.number().optional(),
  maxStep: z.number().optional(),
  allowZero: z.boolean(),
  protected: z.string().optional(),
  rails: z.array(z.looseObject({ from: z.string() })).describe('Where the limits come from'),
  may: z.looseObject({ read: z.boolean(), scale: z.boolean() }).describe('What you may do by RBAC'),
});

export const summary = z.object({
  cluster: z.string(),
  namespace: z.string(),
  deployment: z.string(),
  replicas: z.number(),
  ready: z.number(),
  phase: z.enum(['stable', 'progressing', 'stuck']),
  reason: z.string().optional().describe('Why it is not stable'),
  owners: z.array(z.string()).describe('Who else sets the count, as KIND/NAME'),
});

const item = z.looseObject({
  cluster: z.string(),
  namespace: z.string(),
  deployment: z.string(),
  outcome: z.string().describe('set, unchanged, leftAlone, refused, failed, unknown or notStarted'),
  from: z.number().optional(),
  to: z.number(),
  code: z.string().optional(),
  message: z.string().optional(),
});

/** What became of a batch, or would. */
export const batch = {
  counts: z.record(z.string(), z.number()).describe('How many Deployments have each outcome'),
  items: z.array(item),
  receipt: receipt
    .optional()
    .describe(
      'Takes the counts back, or finishes what was cut off: keep it in full. Absent: nothing would change',
    ),
};
