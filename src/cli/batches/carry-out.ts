import { ApiError } from '../../client/api-error.ts';
import type { BatchAnswer, Receipt, ScalerClient } from '../../client/scaler-client.ts';
import type { CliContext } from '../context.ts';
import { mayBeDone } from '../may-be-done.ts';
import { commandLine, note } from '../output/messages.ts';
import { ProgressLine } from '../output/progress-line.ts';
import { counted, forPeople } from '../output/text.ts';
import { nameOf } from '../target.ts';
import { dropReceipt } from './receipt-file.ts';

export interface ReceiptOrder {
  /** `receipt`: to begin or finish what it asks for; `restore`: to take that back. */
  readonly as: 'receipt' | 'restore';
  readonly receipt: Receipt;
  /** Where it lies. */
  readonly file: string;
  /**
   * It was kept for this order alone. It is dropped if nothing was changed: `restore --last` would take it for what has
   * happened last, and find nothing to do.
   */
  readonly isNew?: boolean;
  readonly force?: boolean | undefined;
  readonly wait?: number | undefined;
}

/**
 * Sends a receipt. If that is cut off, it says how to finish it and how to take it back, then throws.
 * @throws ApiError, ConnectError and the reason of an abort
 */
export async function carryOut(
  context: CliContext,
  client: ScalerClient,
  { as, receipt, file, isNew = false, force, wait }: ReceiptOrder,
): Promise<BatchAnswer> {
  const what = `${as === 'restore' ? 'restoring' : 'setting'} ${counted(receipt.items.length, 'Deployment')}`;
  const line = new ProgressLine(context, wait === undefined ? what : `${what} and waiting for the pods`);
  let answer: BatchAnswer;
  try {
    answer = await client.batch({ [as]: receipt }, { force, wait }, context.signal);
  } catch (error) {
    line.end();
    if (mayBeDone(error)) {
      note(context, 'It was cut off: each Deployment is as before or as asked.');
      sayHowToGoOn(context, as, file);
    } else {
      const items = error instanceof ApiError ? error.items : [];
      for (const item of items) note(context, `  ${nameOf(item)}: ${forPeople(item.message)} (${item.code})`);
      if (isNew) await dropReceipt(file);
      note(
        context,
        `Nothing was changed. ${isNew ? 'The receipt is removed.' : `The receipt is kept: ${file}`}`,
      );
    }
    throw error;
  } finally {
    line.end();
  }
  const open = answer.counts.notStarted + answer.counts.unknown + answer.counts.failed;
  if (open > 0) {
    note(context, `${counted(open, 'Deployment')} may not be as asked.`);
    sayHowToGoOn(context, as, file);
  }
  return answer;
}

/** The command that takes back what the receipt asks for. */
export function restoreCommand(context: CliContext, file: string): string {
  return commandLine(context, 'restore', file);
}

function sayHowToGoOn(context: CliContext, as: ReceiptOrder['as'], file: string): void {
  if (as === 'receipt')
    note(context, `To finish it:    ${commandLine(context, 'restore', '--finish', file)}`);
  note(context, `To take it back: ${restoreCommand(context, file)}`);
}
