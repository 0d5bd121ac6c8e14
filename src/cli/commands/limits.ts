import type { Command } from 'commander';
import type { Limits } from '../../client/scaler-client.ts';
import type { CliContext } from '../context.ts';
import { forEachTarget, printResults, withoutCounts } from '../for-each-target.ts';
import { type Column, printTable } from '../output/table.ts';
import { oneLine, type Paint, painter } from '../output/text.ts';
import { nameOf } from '../target.ts';

const COLUMNS: readonly Column<Limits['rails'][number]>[] = [
  { head: 'RAIL', cell: ({ from }) => oneLine(from) },
  { head: 'MIN', cell: ({ min }) => numberOr(min) },
  { head: 'MAX', cell: ({ max }) => numberOr(max) },
  { head: 'STEP', cell: ({ maxStep = '' }) => maxStep },
  { head: 'ZERO', cell: ({ allowZero }) => (allowZero === undefined ? '' : allowZero ? 'yes' : 'no') },
  { head: 'PROTECTED', optional: 'empty', isCut: true, cell: ({ protected: why = '' }) => oneLine(why) },
];

/** Adds `limits`: what limits a count, and what the caller may do. */
export function addLimitsCommand(program: Command, context: CliContext): void {
  program
    .command('limits')
    .description('show what limits a count, where that is written, and what you may do')
    .argument('<target...>', 'Deployments')
    .addHelpText('after', '\nJSON: as GET /limits, and its "cluster"; {"items": [...]} for several.')
    .action((targets: readonly string[]) => limits(context, withoutCounts(targets)));
}

async function limits(context: CliContext, args: readonly string[]): Promise<void> {
  const done = await forEachTarget(context, args, ({ client }, target) =>
    client.limits(target, context.signal),
  );
  if (context.flags.output !== 'table') return printResults(context, done);
  const paint = painter(context.colours);
  for (const { target, result } of done.results) {
    context.stdout.write(
      `${paint('bold', nameOf(target))}\n  count     ${result.replicas}\n  allowed   ${allowedText(result)}\n  you       ${rightText(result, paint)}\n`,
    );
    if (result.rails.length > 0) await printTable(context, COLUMNS, result.rails);
  }
}

/** What the caller may do: the right alone does not help where a rail protects. */
function rightText({ may, protected: why }: Limits, paint: Paint): string {
  if (!may.scale) return paint('yellow', 'may not set it');
  return why === undefined ? 'may set it' : paint('yellow', 'have the right to set it, but it is protected');
}

/** What the rails allow, in a sentence. */
function allowedText({ min, max, maxStep, allowZero, protected: why, replicas }: Limits): string {
  if (why !== undefined) return `only ${replicas}: ${oneLine(why)}`;
  if (allowZero && min === undefined && max === undefined && maxStep === undefined) return 'any count';
  const range = max === undefined ? `${min ?? 1} and more` : `${min ?? 1} to ${max}`;
  const zero = allowZero ? '0, ' : '';
  const step = maxStep === undefined ? '' : `, at most ${maxStep} more or fewer at a time`;
  return `${zero}${range}${allowZero ? '' : ', not 0'}${step}`;
}

function numberOr(value: number | undefined): string {
  return value === undefined ? '' : String(value);
}
