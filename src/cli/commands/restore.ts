import { basename } from 'node:path';
import type { Command } from 'commander';
import { type BatchFlags, batchWait, FORCE_TEXT, waitFlag } from '../batches/batch-flags.ts';
import { countsText, exitCodeOfItems, isTheirAffair } from '../batches/batch-table.ts';
import { carryOut } from '../batches/carry-out.ts';
import {
  dropReceipt,
  findReceipt,
  isKept,
  keptReceipts,
  readReceipt,
  receiptFolder,
} from '../batches/receipt-file.ts';
import { showItems } from '../batches/set-many.ts';
import { CliError } from '../cli-error.ts';
import type { CliContext } from '../context.ts';
import { note, printJson } from '../output/messages.ts';
import { printTable } from '../output/table.ts';
import { ageOf, oneLine } from '../output/text.ts';
import { nameOf } from '../target.ts';

/** Flags that say what to do with a receipt. */
const ORDERS = ['finish', 'wait', 'dryRun', 'force'] as const;

interface RestoreFlags extends Pick<BatchFlags, 'wait' | 'force' | 'dryRun'> {
  readonly last?: boolean;
  readonly finish?: boolean;
}

/** Adds `restore`: takes back, or finishes, what a receipt asks for. */
export function addRestoreCommand(program: Command, context: CliContext): void {
  program
    .command('restore')
    .description(
      'take Deployments back to what they were before a receipt; without a file, list the kept receipts',
    )
    .argument('[file]', 'the receipt: a file, or the name of a kept one')
    .option('--last', 'the newest of the kept receipts')
    .option('--finish', 'set what the receipt asks for, for example after it was cut off')
    .addOption(waitFlag())
    .option('--dry-run', 'show what would become of it, and change nothing')
    .option('--force', FORCE_TEXT)
    .addHelpText(
      'after',
      `
A count is set only while the Deployment is the same and its count is the one that the receipt expects. What somebody has
changed or deleted since is left alone. For a restore that is not a failure; for --finish it is: not all is as asked then.
A kept receipt is removed once nothing is left to restore.

Examples:
  scaler restore --last                   take back what was set last
  scaler restore receipt.json --dry-run   see what would become of it
  scaler restore --finish receipt.json    carry out what \`scaler plan --out receipt.json\` has planned

JSON: as POST /scale; without a file {"receipts": [{"file", "at", "items"}]}.`,
    )
    .action((file: string | undefined, flags: RestoreFlags) => restore(context, file, flags));
}

async function restore(context: CliContext, named: string | undefined, flags: RestoreFlags): Promise<void> {
  if (context.flags.cluster !== undefined || context.flags.namespace !== undefined) {
    throw new CliError(
      'a receipt names its clusters and namespaces, and is restored as a whole: leave --cluster and --namespace out',
    );
  }
  if (named === undefined && flags.last !== true) {
    if (ORDERS.some((order) => flags[order] !== undefined)) {
      throw new CliError('which receipt? Name its file, or add --last for the newest of the kept ones');
    }
    return listReceipts(context);
  }
  if (named !== undefined && flags.last === true) throw new CliError('name a file or use --last, not both');
  const wait = batchWait(flags.wait);
  const file = named === undefined ? await newestReceipt(context) : await findReceipt(context, named);
  const receipt = await readReceipt(file);
  const as = flags.finish === true ? 'receipt' : 'restore';
  const { force } = flags;
  const { client } = await context.connect();
  const answer =
    flags.dryRun === true
      ? await client.batch({ [as]: receipt }, { force, dryRun: true }, context.signal)
      : await carryOut(context, client, { as, receipt, file, force, wait });
  await showItems(context, answer, {});
  const code = exitCodeOfItems(answer.items, { forgiving: as === 'restore' });
  context.exitWith(code);
  if (context.flags.output === 'table') context.stdout.write(`${countsText(answer)}\n`);
  if (answer.dryRun) return;
  if (answer.items.some((item) => item.code === 'REPLICAS_MANAGED')) {
    note(context, 'An autoscaler would undo some of the counts. To set them in spite of that, add --force.');
  }
  const isSettled = answer.items.every(
    ({ outcome, code: why }) =>
      outcome === 'set' || outcome === 'unchanged' || (outcome === 'leftAlone' && isTheirAffair(why)),
  );
  if (as === 'restore' && isSettled && isKept(context, file)) await dropReceipt(file);
}

async function newestReceipt(context: CliContext): Promise<string> {
  const [newest] = await keptReceipts(context);
  if (newest !== undefined) return newest.file;
  throw new CliError(`no receipt is kept in ${receiptFolder(context)}: name its file`);
}

async function listReceipts(context: CliContext): Promise<void> {
  const kept = await keptReceipts(context);
  if (context.flags.output === 'json') {
    const receipts = kept.map(({ file, receipt: { at, items } }) => ({ file, at, items }));
    return printJson(context, { receipts });
  }
  if (context.flags.output === 'name') {
    context.stdout.write(kept.map(({ file }) => `${file}\n`).join(''));
    return;
  }
  if (kept.length === 0) {
    note(context, `No receipt is kept in ${receiptFolder(context)}.`);
    return;
  }
  await printTable(
    context,
    [
      { head: 'AGE', cell: ({ receipt }) => ageOf(receipt.at) },
      { head: 'DEPLOYMENTS', cell: ({ receipt }) => String(receipt.items.length) },
      {
        head: 'WHICH',
        isCut: true,
        cell: ({ receipt }) => oneLine(receipt.items.map(nameOf).join(', ')),
      },
      { head: 'RECEIPT', cell: ({ file }) => basename(file) },
    ],
    kept,
  );
}
