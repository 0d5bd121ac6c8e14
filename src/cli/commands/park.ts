import type { Command } from 'commander';
import { addBatchFlags, type BatchFlags, batchOf } from '../batches/batch-flags.ts';
import { setMany } from '../batches/set-many.ts';
import type { CliContext } from '../context.ts';
import { withoutCounts } from '../for-each-target.ts';

/** Adds `park`: takes Deployments to zero, so that `restore` can bring them back. */
export function addParkCommand(program: Command, context: CliContext): void {
  const command = program
    .command('park')
    .description(
      'take Deployments to zero, and keep a receipt with which `restore` takes them back to what they were',
    )
    .argument('[target...]', 'Deployments');
  addBatchFlags(command)
    .addHelpText('after', '\nJSON: as POST /scale, and "receiptFile".')
    .action((args: readonly string[], flags: BatchFlags) => park(context, withoutCounts(args), flags));
}

async function park(context: CliContext, args: readonly string[], flags: BatchFlags): Promise<void> {
  const connection = await context.connect();
  const batch = await batchOf(context, connection, args, { selector: flags.selector, replicas: 0 });
  return setMany(context, connection, batch, flags);
}
