import type { Command } from 'commander';
import { ApiError } from '../../client/api-error.ts';
import type { Written } from '../../client/scaler-client.ts';
import { awaitVisibly } from '../await-count.ts';
import { addBatchFlags, type BatchFlags, batchOf, itemsOf } from '../batches/batch-flags.ts';
import { setMany } from '../batches/set-many.ts';
import { CliError } from '../cli-error.ts';
import type { Connection } from '../connect/connect.ts';
import type { CliContext } from '../context.ts';
import { mayBeDone } from '../may-be-done.ts';
import { commandLine, note, printJson, warn } from '../output/messages.ts';
import { readyText } from '../output/state-text.ts';
import {
  nameOf,
  parseCount,
  type TargetToSet,
  targetsOf,
  withCluster,
  withStandardInput,
} from '../target.ts';

/** Ends of a wait after which the count is not the one that was set. */
const ENDED = new Set(['REPLICAS_OVERRIDDEN', 'DEPLOYMENT_GONE']);

interface SetFlags extends BatchFlags {
  readonly replicas?: number;
  readonly currentReplicas?: number;
}

/** Adds `set`: sets the counts of one Deployment or several. */
export function addSetCommand(program: Command, context: CliContext): void {
  const command = program
    .command('set')
    .description('set counts: one at once; several, or what a selector selects, by a plan and with a receipt')
    .argument('[target...]', 'Deployments; TARGET=N sets it to N')
    .option('--replicas <count>', 'the count to set', parseCount)
    .option('--current-replicas <count>', 'set it only if it is this now (one Deployment)', parseCount);
  addBatchFlags(command)
    .addHelpText(
      'after',
      `
Examples:
  scaler set shop/cart=5 --wait                        set one count, and wait for the pods
  scaler set shop/cart=5 --current-replicas 3          set it only if it is 3 now
  scaler set shop/cart=5 shop/catalog=2 --dry-run      see what would become of two
  scaler set -l app=web -n shop --replicas 3 --yes     set all that a selector finds, unasked

JSON of one: {"cluster", "namespace", "deployment", "from", "to", "dryRun", "forecast", "warnings"}, with --wait the "state" too;
"forecast" is as X-Replicas-Forecast. JSON of several: as POST /scale, and "receiptFile".`,
    )
    .action((args: readonly string[], flags: SetFlags) => set(context, args, flags));
}

async function set(context: CliContext, given: readonly string[], flags: SetFlags): Promise<void> {
  const { replicas, selector } = flags;
  const connection = await context.connect();
  const args = await withStandardInput(given, context);
  if (selector === undefined && args.length > 0) {
    const targets = await targetsOf(args, context, connection);
    const [item] = itemsOf(targets, replicas);
    const [target] = targets;
    if (targets.length === 1 && item !== undefined && target !== undefined && flags.receipt === undefined) {
      return setOne(context, connection, { ...target, replicas: item.replicas }, flags);
    }
  }
  if (flags.currentReplicas !== undefined) {
    throw new CliError(
      '--current-replicas is for one Deployment: several are set only while they are as the plan shows them',
    );
  }
  return setMany(
    context,
    connection,
    await batchOf(context, connection, args, { selector, replicas }),
    flags,
  );
}

async function setOne(
  context: CliContext,
  connection: Connection,
  target: TargetToSet & { readonly replicas: number },
  { currentReplicas, force, dryRun = false, wait }: SetFlags,
): Promise<void> {
  const { client } = connection;
  const { replicas } = target;
  const name = nameOf(target);
  const { output } = context.flags;
  // Before the write, because its result must not depend on another answer.
  const [named = target] = output === 'table' ? [] : await withCluster([target], connection, context.signal);
  let written: Written;
  try {
    written = await client.set(target, replicas, { currentReplicas, force, dryRun }, context.signal);
  } catch (error) {
    if (mayBeDone(error)) {
      note(context, `Whether ${name} was set is not known. To see it: ${commandLine(context, 'get', name)}`);
    }
    throw error;
  }
  for (const warning of written.warnings) warn(context, warning);
  if (output === 'table')
    context.stdout.write(`${name} ${outcomeOf(written)}${dryRun ? ' (dry run)' : ''}\n`);
  const isWaiting = wait !== undefined && !dryRun;
  if (output === 'table' && !isWaiting) return;

  if (output === 'name') context.stdout.write(`${nameOf(named)}\n`);
  const { previous: from, forecast, warnings } = written;
  const { cluster, namespace, deployment } = named;
  const result = { cluster, namespace, deployment, from, to: replicas, dryRun, forecast, warnings };
  if (!isWaiting) {
    if (output === 'json') printJson(context, result);
    return;
  }
  try {
    const minResourceVersion = written.resourceVersion;
    const state = await awaitVisibly(context, client, target, {
      replicas,
      seconds: wait,
      minResourceVersion,
    });
    if (output === 'table') context.stdout.write(`${name} ${readyText(state)} ready\n`);
    else if (output === 'json') printJson(context, { ...result, state });
  } catch (error) {
    if (output === 'json') printJson(context, result);
    if (error instanceof ApiError && ENDED.has(error.code)) {
      note(context, `The count of ${name} was set to ${replicas}, which it is no longer.`);
    } else {
      const again = commandLine(context, 'wait', name, '--replicas', String(replicas));
      note(context, `The count of ${name} is set. To wait on: ${again}`);
    }
    throw error;
  }
}

/** `3 -> 5`, or that it was so already. */
function outcomeOf({ previous, replicas }: Written): string {
  if (previous === undefined) return `-> ${replicas}`;
  return previous === replicas ? `is ${replicas} already` : `${previous} -> ${replicas}`;
}
