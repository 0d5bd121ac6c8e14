import type { Command } from 'commander';
import type { Changes } from '../../client/scaler-client.ts';
import type { CliContext } from '../context.ts';
import { forEachTarget, withoutCounts } from '../for-each-target.ts';
import { printJson } from '../output/messages.ts';
import { authorOf, countChange } from '../output/state-text.ts';
import { type Column, printTable } from '../output/table.ts';
import { ageOf, oneLine } from '../output/text.ts';
import { nameOf, withCluster } from '../target.ts';

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
  const { connection, targets, results } = await forEachTarget(context, args, ({ client }, target) =>
    client.changes(target, context.signal),
  );
  if (context.flags.output !== 'table') {
    const known = await withCluster(
      results.map(({ target }) => target),
      connection,
      context.signal,
    );
    const items = results.map(({ target, result }, at) => {
      const { namespace, deployment } = target;
      return { cluster: known[at]?.cluster, namespace, deployment, ...result };
    });
    printJson(context, targets.length === 1 ? items[0] : { items });
    return;
  }
  for (const { target, result } of results) {
    if (targets.length > 1) context.stdout.write(`${nameOf(target)}\n`);
    if (result.changes.length > 0) await printTable(context, COLUMNS, result.changes);
    else context.stdout.write('No change is known: the service has seen none since its start.\n');
    if (result.truncated) context.stdout.write('Older changes were dropped.\n');
  }
}
