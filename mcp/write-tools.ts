import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Receipt, ScalerClient } from '../src/client/scaler-client.ts';
import { textOf } from './errors.ts';
import { ofPreset, outcomeOf } from './read-tools.ts';
import { batch, force, receipt, replicas, selection, target, waitSeconds } from './schemas.ts';
import { addTool } from './tool.ts';

export interface WriteToolsOptions {
  readonly client: ScalerClient;
  readonly cluster?: string | undefined;
  readonly keepReceipt?: ((receipt: Receipt) => Promise<string>) | undefined;
}

/** Adds the tools that change counts. Rails and RBAC are the affair of the service, which no tool goes around. */
export function addWriteTools(server: McpServer, options: WriteToolsOptions): void {
  addSet(server, options);
  addPark(server, options);
  addRestore(server, options);
}

function addSet(server: McpServer, { client, cluster: preset }: WriteToolsOptions): void {
  addTool(server, {
    name: 'set',
    title: 'Set a count',
    description:
      'Sets the count of one Deployment. For several, call plan, and then restore with its receipt and finish: true.',
    input: z.strictObject({
      ...target,
      replicas,
      currentReplicas: replicas.optional().describe('Sets it only if the count is this one now'),
      force: force.optional(),
      waitSeconds: waitSeconds.optional().describe('Answers once the pods are there, within this time'),
    }),
    output: z.object({
      replicas: z.number(),
      previous: z.number().optional().describe('The count before; absent: not known'),
      forecast: z.string().describe('What will happen to the count: holds, or who will change it'),
      warnings: z.array(z.string()).describe('What to change so that the count stays'),
    }),
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
    async run(input, signal) {
      const { cluster = preset, namespace, deployment, currentReplicas, waitSeconds: wait } = input;
      const {
        replicas: set,
        previous,
        forecast,
        warnings,
      } = await client.set(
        { cluster, namespace, deployment },
        input.replicas,
        { currentReplicas, force: input.force, wait },
        signal,
      );
      return {
        replicas: set,
        ...(previous !== undefined && { previous }),
        forecast,
        warnings: [...warnings],
      };
    },
  });
}

function addPark(server: McpServer, { client, cluster: preset, keepReceipt }: WriteToolsOptions): void {
  addTool(server, {
    name: 'park',
    title: 'Park Deployments',
    description:
      'Takes the selected Deployments to zero, up to 1,000, and answers the receipt that brings them back. Keep the receipt in full and give it to the user. What may not be parked is left as it is and named in refused.',
    input: z.strictObject({
      select: selection,
      force: force.optional(),
      waitSeconds: waitSeconds.optional().describe('Answers once the pods have ended, within this time'),
    }),
    output: z.object({
      ...batch,
      refused: batch.items.describe('What was not parked, and why'),
      keptAt: z.string().optional().describe('Where the receipt lies on the machine of the user'),
      next: z.string(),
    }),
    // Not idempotent: a second receipt has zero as the count before.
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false },
    async run({ select, force: forced, waitSeconds: wait }, signal) {
      const plan = await client.batch(
        { select: { ...ofPreset(preset), ...select }, replicas: 0 },
        { dryRun: true, force: forced },
        signal,
      );
      const refused = plan.items.filter(({ outcome }) => outcome !== 'set' && outcome !== 'unchanged');
      const { receipt: kept } = plan;
      if (kept === undefined)
        return { ...outcomeOf(plan), refused, next: 'There was nothing to park, so there is no receipt.' };
      const keptAt = await keepReceipt?.(kept);
      const done = await sendReceipt(kept, keptAt, () =>
        client.batch({ receipt: kept }, { force: forced, wait }, signal),
      );
      return {
        counts: done.counts,
        items: done.items,
        receipt: kept,
        refused,
        ...(keptAt !== undefined && { keptAt }),
        next: 'Keep this receipt: restore takes it. If an item is notStarted or unknown, restore with finish: true goes on.',
      };
    },
  });
}

/** An error must not lose the receipt: some of its counts may be set. */
async function sendReceipt<Answer>(
  sent: Receipt,
  keptAt: string | undefined,
  send: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await send();
  } catch (error) {
    const where = keptAt === undefined ? '' : ` It also lies in ${keptAt}.`;
    throw new Error(
      `${textOf(error)}\nSome may be parked. Keep this receipt, and call restore with it, with finish: true to go on.${where}\n${JSON.stringify(sent)}`,
      { cause: error },
    );
  }
}

function addRestore(server: McpServer, { client }: WriteToolsOptions): void {
  addTool(server, {
    name: 'restore',
    title: 'Restore from a receipt',
    description:
      'Sets the counts that Deployments had before, from the receipt of park or plan. What somebody has changed since is left alone. With finish: true it sets the counts that the receipt asks for: to carry out a plan, or to finish what was cut off.',
    input: z.strictObject({
      receipt,
      finish: z.boolean().default(false),
      force: force.optional(),
      waitSeconds: waitSeconds.optional().describe('Answers once the pods are there, within this time'),
    }),
    output: z.object({ counts: batch.counts, items: batch.items }),
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
    async run({ receipt: kept, finish, force: forced, waitSeconds: wait }, signal) {
      const { counts, items } = await client.batch(
        finish ? { receipt: kept } : { restore: kept },
        { force: forced, wait },
        signal,
      );
      return { counts, items };
    },
  });
}
