import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { printJson } from '../output/messages.ts';
import { printTable } from '../output/table.ts';
import { painter } from '../output/text.ts';

/** Adds `clusters`: the clusters of the service and their states. */
export function addClustersCommand(program: Command, context: CliContext): void {
  program
    .command('clusters')
    .description('list the clusters of the service and their states')
    .addHelpText(
      'after',
      '\nJSON: {"clusters": [...]} as GET /clusters. It fails if a cluster is unreachable or blocked.',
    )
    .action(() => clusters(context));
}

async function clusters(context: CliContext): Promise<void> {
  const { client } = await context.connect();
  const all = await client.clusters(context.signal);
  const { output } = context.flags;
  if (all.some(({ state }) => state === 'unreachable' || state === 'blocked')) context.exitWith(EXIT.failed);
  if (output === 'json') return printJson(context, { clusters: all });
  if (output === 'name') {
    context.stdout.write(all.map(({ name }) => `${name}\n`).join(''));
    return;
  }
  const paint = painter(context.colours);
  const colour = { ready: 'green', syncing: 'yellow', blocked: 'red', unreachable: 'red' } as const;
  await printTable(
    context,
    [
      { head: 'CLUSTER', cell: ({ name }) => name },
      { head: 'DEFAULT', cell: ({ default: isDefault }) => (isDefault ? 'yes' : '') },
      { head: 'STATE', cell: ({ state }) => paint(colour[state], state) },
      { head: 'AUTHORIZER', cell: ({ authorizer }) => authorizer },
    ],
    all,
  );
}
