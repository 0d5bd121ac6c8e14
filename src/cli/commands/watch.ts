import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { EventWatch } from '../event-watch.ts';
import { clustersOf, parseSelector } from '../target.ts';

/** Adds `watch`: follows what happens to Deployments. */
export function addWatchCommand(program: Command, context: CliContext): void {
  program
    .command('watch')
    .description(
      'follow changes as they happen, until Ctrl-C: counts, pods, who did it, and who overrides whom',
    )
    .option('-l, --selector <selector>', 'only Deployments with these labels', parseSelector)
    .addHelpText(
      'after',
      `
JSON: one object a line: {"event", "cluster", "at", "data"}; event and data are those of GET /clusters/events, "at" is when it
came. It connects again by itself, and ends if the certificate is revoked or the rights are gone.`,
    )
    .action(async ({ selector }: { selector?: string }) => {
      const connection = await context.connect();
      const clusters = clustersOf(context, connection);
      await new EventWatch(context, connection.client, { clusters, labelSelector: selector }).run();
    });
}
