import type { Command } from 'commander';
import {
  type BatchFlags,
  batchOf,
  FORCE_TEXT,
  SELECTOR_FLAG,
  SELECTOR_TEXT,
} from '../batches/batch-flags.ts';
import { keepReceipt } from '../batches/receipt-file.ts';
import { showPlan } from '../batches/set-many.ts';
import { CliError } from '../cli-error.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { commandLine, note } from '../output/messages.ts';
import { parseCount, parseSelector } from '../target.ts';

interface PlanFlags extends Pick<BatchFlags, 'selector' | 'force'> {
  readonly replicas?: number;
  readonly out?: string;
}

/** Adds `plan`: says what would become of counts, and makes the receipt. */
export function addPlanCommand(program: Command, context: CliContext): void {
  program
    .command('plan')
    .description('show what would become of counts and why, and change nothing')
    .argument('[target...]', 'Deployments; TARGET=N plans N')
    .option('--replicas <count>', 'the count that is asked for', parseCount)
    .option(SELECTOR_FLAG, SELECTOR_TEXT, parseSelector)
    .option('--force', FORCE_TEXT)
    .option(
      '--out <file>',
      'keep the receipt in this new file: `restore --finish FILE` then does what was planned',
    )
    .addHelpText(
      'after',
      '\nJSON: as POST /scale?dryRun=true, with the receipt. The exit code is 6 if the plan refuses a Deployment.',
    )
    .action((args: readonly string[], flags: PlanFlags) => plan(context, args, flags));
}

async function plan(context: CliContext, args: readonly string[], flags: PlanFlags): Promise<void> {
  const { selector, replicas, force, out } = flags;
  const connection = await context.connect();
  const batch = await batchOf(context, connection, args, { selector, replicas });
  const answer = await connection.client.batch(batch, { force, dryRun: true }, context.signal);
  await showPlan(context, answer);
  if (out === undefined) return;
  if (answer.receipt === undefined)
    throw new CliError('there is nothing to set, so there is no receipt', EXIT.failed);
  const file = await keepReceipt(context, answer.receipt, out);
  note(context, `To do it: ${commandLine(context, 'restore', '--finish', file)}`);
}
