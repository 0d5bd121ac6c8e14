import type { Command } from 'commander';
import type { Changes } from '../../client/scaler-client.ts';
import type { CliContext } from '../context.ts';
import { forEachTarget, printResults, withoutCounts } from '../for-each-target.ts';
import { authorOf, countChange } from '../output/state-text.ts';
import { type Column, printTable } from '../output/table.ts';
import { ageOf, oneLine } from '../output/text.ts';
import { nameOf } from '../target.ts';

type Change = Changes['changes'][number];

const COLUMNS: readonly Column<Change>[] = [
  { head: 'WHEN', cell: ({ at }) => (at === undefined ? '' : `${ageOf(at)} ago`) },
  { head: 'COUNT', cell: countChange },
  { head: 'BY', cell: authorOf },
  { head: 'WITH', cell: ({ manager }) => oneLine(manager) },
  { head: 'HOW', cell: ({ operation = '', subresource = '' }) => `${operation} ${subresource}`.trim() },
  { head: 'OVERRODE', optional: 'empty', cell: ({ overrode }) => (overrode ? 'yes' : '') },
];

/** Adds `who`: the last changes of a count. */
export function addWhoCommand(program: Command, context: CliContext): void {
  program
    .command('who')
    .description('show who changed a count: the last changes, newest first')
    .argument('<target...>', 'Deployments')
    .addHelpText(
      'after',
      '\nJSON: as GET /deployments/{namespace}/{deployment}/changes, with "cluster", "namespace" and "deployment"; {"items": [...]} for several.',
    )
    .action((targets: readonly string[]) => who(context, withoutCounts(targets)));
}

async function who(context: CliContext, args: readonly string[]): Promise<void> {
  const done = await forEachTarget(context, args, ({ client }, target) =>
    client.changes(target, context.signal),
  );
  if (context.flags.output !== 'table') return printResults(context, done);
  for (const { target, result } of done.results) {
    if (done.targets.length > 1) context.stdout.write(`${nameOf(target)}\n`);
    if (result.changes.length > 0) await printTable(context, COLUMNS, result.changes);
    else context.stdout.write('No change is known: the service has seen none since its start.\n');
    if (result.truncated) context.stdout.write('Older changes were dropped.\n');
  }
}
