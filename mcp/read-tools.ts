import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Batch, BatchAnswer, ScalerClient, State } from '../src/client/scaler-client.ts';
import { textOf } from './errors.ts';
import {
  batch,
  changes,
  force,
  labelSelector,
  limits,
  replicas,
  selection,
  state,
  summary,
  target,
  waitSeconds,
} from './schemas.ts';
import { addTool } from './tool.ts';

/** What a batch may have, as the service says. */
const MAX_ITEMS = 1_000;
const LISTED = 50;
const MAX_LISTED = 500;
/** Seconds; less than the 60 after which clients of the SDK end a call. */
const WAIT = 45;

export interface ReadToolsOptions {
  readonly client: ScalerClient;
  readonly cluster?: string | undefined;
}

const READS = { readOnlyHint: true };

/** Adds the tools that change nothing. */
export function addReadTools(server: McpServer, options: ReadToolsOptions): void {
  addList(server, options);
  addState(server, options);
  addPlan(server, options);
  addWait(server, options);
}

function addList(server: McpServer, { client, cluster: preset }: ReadToolsOptions): void {
  addTool(server, {
    name: 'list',
    title: 'List Deployments',
    description:
      'Lists Deployments with their counts, sorted by cluster, namespace and name. Narrow it by namespace, labelSelector, part of a name or phase.',
    input: z.strictObject({
      cluster: z.string().min(1).optional().describe('Default: all clusters'),
      namespace: target.namespace.optional(),
      labelSelector: labelSelector.optional(),
      nameContains: z.string().min(1).optional(),
      phase: z.enum(['stable', 'progressing', 'stuck']).optional(),
      limit: z.int().min(1).max(MAX_LISTED).default(LISTED),
    }),
    output: z.object({
      items: z.array(summary),
      leftOut: z.number().describe('How many more match'),
      note: z.string().optional(),
      unlisted: z
        .array(z.object({ cluster: z.string(), error: z.string() }))
        .describe('The clusters that could not be listed'),
    }),
    annotations: READS,
    async run({ cluster = preset, nameContains = '', phase, limit, ...selected }, signal) {
      const names =
        cluster === undefined ? (await client.clusters(signal)).map(({ name }) => name) : [cluster];
      const answers = await Promise.allSettled(names.map((name) => client.states(name, selected, signal)));
      const failed = answers.flatMap((answer, at) =>
        answer.status === 'rejected' ? [{ cluster: names[at] ?? '', reason: answer.reason }] : [],
      );
      if (failed.length === names.length && failed[0] !== undefined) throw failed[0].reason;
      const items = answers
        .flatMap((answer, at) =>
          answer.status === 'fulfilled'
            ? answer.value.map((found) => ({ cluster: names[at] ?? '', found }))
            : [],
        )
        .filter(({ found }) => found.deployment.includes(nameContains))
        .filter(({ found }) => phase === undefined || found.phase === phase);
      const leftOut = Math.max(0, items.length - limit);
      return {
        items: items.slice(0, limit).map(summaryOf),
        leftOut,
        ...(leftOut > 0 && {
          note: `${leftOut} more match: narrow the list, or raise limit (${MAX_LISTED} at most)`,
        }),
        unlisted: failed.map(({ cluster: name, reason }) => ({ cluster: name, error: textOf(reason) })),
      };
    },
  });
}

function summaryOf({ cluster, found }: { readonly cluster: string; readonly found: State }) {
  const { namespace, deployment, replicas: asked, ready, phase, reason, owners } = found;
  return {
    cluster,
    namespace,
    deployment,
    replicas: asked,
    ready,
    phase,
    ...(phase !== 'stable' && { reason }),
    owners: owners.map(({ kind, name }) => `${kind}/${name}`),
  };
}

function addState(server: McpServer, { client, cluster: preset }: ReadToolsOptions): void {
  addTool(server, {
    name: 'state',
    title: 'State of a Deployment',
    description:
      'Reads one Deployment: its counts, whether its pods get ready and why not, who else sets the count, who changed it last, what limits it and whether you may set it.',
    input: z.strictObject(target),
    output: z.object({ state, limits, changes }),
    annotations: READS,
    async run({ cluster = preset, ...names }, signal) {
      const found = { cluster, ...names };
      const [read, limited, changed] = await Promise.all([
        client.state(found, signal),
        client.limits(found, signal),
        client.changes(found, signal),
      ]);
      return { state: read, limits: limited, changes: changed };
    },
  });
}

function addPlan(server: McpServer, { client, cluster: preset }: ReadToolsOptions): void {
  addTool(server, {
    name: 'plan',
    title: 'Plan counts',
    description: `Says what would become of up to ${MAX_ITEMS} Deployments if their counts were set, and changes nothing: forecasts, warnings, and who or what refuses it. Give items, or select with replicas. Its receipt carries it out: restore with finish: true.`,
    input: z.strictObject({
      items: z
        .array(z.strictObject({ ...target, replicas }))
        .min(1)
        .max(MAX_ITEMS)
        .optional(),
      select: selection.optional(),
      replicas: replicas.optional().describe('With select: the count for all of them'),
      force: force.optional(),
    }),
    output: z.object(batch),
    annotations: READS,
    async run({ items, select, replicas: asked, force: forced }, signal) {
      const order = orderOf(items, select, asked, preset);
      return outcomeOf(await client.batch(order, { dryRun: true, force: forced }, signal));
    },
  });
}

/** What agents see of the answer to a batch. */
export function outcomeOf({ counts, items, receipt }: BatchAnswer) {
  return { counts, items, ...(receipt !== undefined && { receipt }) };
}

function orderOf(
  items: Batch['items'],
  select: Batch['select'],
  asked: number | undefined,
  preset: string | undefined,
): Batch {
  if (items !== undefined && select === undefined && asked === undefined)
    return { items: items.map((item) => ({ ...(preset !== undefined && { cluster: preset }), ...item })) };
  if (items === undefined && select !== undefined && asked !== undefined)
    return { select: { ...ofPreset(preset), ...select }, replicas: asked };
  throw new Error('give items alone, or select and replicas');
}

/** Of a selection that names no clusters. */
export function ofPreset(cluster: string | undefined): { clusters?: string[] } {
  return cluster === undefined ? {} : { clusters: [cluster] };
}

function addWait(server: McpServer, { client, cluster: preset }: ReadToolsOptions): void {
  addTool(server, {
    name: 'wait',
    title: 'Wait for the pods',
    description:
      'Waits until a Deployment has its replicas, and answers its state; or fails and says why: stuck, overridden, or not in time. After the time, call it again to go on.',
    input: z.strictObject({
      ...target,
      replicas: replicas.optional().describe('The count to wait for. Default: the one that it has now'),
      timeoutSeconds: waitSeconds.default(WAIT),
    }),
    output: z.object({ state }),
    annotations: READS,
    async run({ cluster = preset, namespace, deployment, replicas: asked, timeoutSeconds }, signal) {
      const found = { cluster, namespace, deployment };
      const count = asked ?? (await client.state(found, signal)).replicas;
      return { state: await client.awaitReplicas(found, { replicas: count, wait: timeoutSeconds }, signal) };
    },
  });
}
