import type { Command } from 'commander';
import type { CliContext } from '../context.ts';

/** Adds `clusters`: the clusters of the service and their states. */
export function addClustersCommand(program: Command, context: CliContext): void {
  program
    .command('clusters')
    .description('list the clusters of the service')
    .action(async () => {
      const { client } = await context.connect();
      const clusters = await client.clusters(context.signal);
      context.stdout.write(`${clusters.map(({ name }) => name).join('\n')}\n`);
    });
}
