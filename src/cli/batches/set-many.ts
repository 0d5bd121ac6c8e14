import type { Batch, BatchAnswer, BatchItem } from '../../client/scaler-client.ts';
import { CliError } from '../cli-error.ts';
import type { Connection } from '../connect/connect.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { note, printJson } from '../output/messages.ts';
import { counted } from '../output/text.ts';
import { nameOf } from '../target.ts';
import { type BatchFlags, batchWait } from './batch-flags.ts';
import { countsText, exitCodeOfItems, explain, printItems } from './batch-table.ts';
import { carryOut, restoreCommand } from './carry-out.ts';
import { canAsk, confirm } from './confirm.ts';
import { keepReceipt } from './receipt-file.ts';

/**
 * Sets many counts: plans, asks on a terminal, keeps the receipt, then sends it. What the plan refuses is left out, but not
 * unasked: where nobody can be asked and --yes is not given, one refused Deployment refuses all.
 */
export async function setMany(
  context: CliContext,
  connection: Connection,
  batch: Batch,
  flags: BatchFlags,
): Promise<void> {
  const { force } = flags;
  const wait = batchWait(flags.wait);
  const asks = flags.yes !== true && canAsk(context);
  if (batch.select !== undefined && flags.yes !== true && !asks && flags.dryRun !== true) {
    throw new CliError(
      'here is no terminal on which to ask: add --yes to set what is selected, or --dry-run to see the plan',
    );
  }
  const plan = await connection.client.batch(batch, { force, dryRun: true }, context.signal);
  if (flags.dryRun === true) return showPlan(context, plan);

  const { receipt, counts } = plan;
  const planned = exitCodeOfItems(plan.items, { forgiving: false });
  if (receipt === undefined || (counts.set === 0 && (wait === undefined || counts.unchanged === 0))) {
    await showItems(context, plan, {});
    note(
      context,
      plan.items.length === 0
        ? 'There is no such Deployment, or you may not list it.'
        : `Nothing to set: ${countsText(plan)}.`,
    );
    context.exitWith(planned);
    return;
  }
  // Where stdout goes elsewhere, who is asked sees the plan, and a program finds nothing but the result.
  const showsPlan = asks && context.isTerminal && context.flags.output === 'table';
  if (asks) {
    await printItems(context, plan, showsPlan ? context.stdout : context.stderr);
    const others = counts.refused === 0 ? '' : ` and leave out ${counts.refused}`;
    if (!(await confirm(context, `Set ${counted(counts.set, 'Deployment')}${others}?`))) {
      throw new CliError('nothing was changed', EXIT.failed);
    }
  } else if (counts.refused > 0 && flags.yes !== true) {
    // The names would be taken for those of Deployments that were set.
    if (context.flags.output === 'name') explain(context, plan.items);
    else await showItems(context, plan, {});
    note(context, 'Nothing was changed, because some are refused. To set the others, add --yes.');
    context.exitWith(planned);
    return;
  }
  const file = await keepReceipt(context, receipt, flags.receipt);
  note(context, `receipt: ${file}`);
  const answer = await carryOut(context, connection.client, {
    as: 'receipt',
    receipt,
    file,
    isNew: flags.receipt === undefined,
    force,
    wait,
  });
  const refused = plan.items.filter(({ outcome }) => outcome === 'refused');
  context.exitWith(planned);
  context.exitWith(exitCodeOfItems(answer.items, { forgiving: false }));
  // Who has seen the plan sees what differs from it.
  const items = showsPlan ? answer.items.filter(isUnplanned) : [...answer.items, ...refused];
  if (items.length > 0) await showItems(context, { ...answer, items }, { receiptFile: file });
  if (context.flags.output !== 'table') return;
  const leftOut = refused.length === 0 ? '' : `, ${refused.length} refused`;
  context.stdout.write(`${countsText(answer)}${leftOut}\n`);
  if (answer.counts.set > 0) context.stdout.write(`To take it back: ${restoreCommand(context, file)}\n`);
}

function isUnplanned({ outcome, rollout }: BatchItem): boolean {
  return !(outcome === 'set' || outcome === 'unchanged') || rollout?.ready === false;
}

/** Shows a plan, and tells its outcome by the exit code. */
export async function showPlan(context: CliContext, plan: BatchAnswer): Promise<void> {
  await showItems(context, plan, {});
  context.exitWith(exitCodeOfItems(plan.items, { forgiving: false }));
  if (context.flags.output === 'table') {
    context.stdout.write(`${countsText(plan)}. Nothing was changed.\n`);
  }
}

/** Shows items in the form that --output asks for. */
export async function showItems(
  context: CliContext,
  answer: BatchAnswer,
  more: { readonly receiptFile?: string },
): Promise<void> {
  const { output } = context.flags;
  if (output === 'json') printJson(context, { ...answer, ...more });
  else if (output === 'name') {
    const done = answer.items.filter(({ outcome }) => outcome === 'set' || outcome === 'unchanged');
    context.stdout.write(done.map((item) => `${nameOf(item)}\n`).join(''));
    explain(context, answer.items);
  } else await printItems(context, answer);
}
