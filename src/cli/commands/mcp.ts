import type { Command } from 'commander';
import { VERSION } from '../../lib/version.ts';
import { keepReceipt } from '../batches/receipt-file.ts';
import { CliError } from '../cli-error.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

const HELP = `
An agent starts it with its own configuration, for example:
  {"mcpServers": {"scaler": {"command": "scaler", "args": ["mcp"]}}}`;

/** Adds `mcp`: serves agents over standard input and output, with the rights of the certificate. */
export function addMcpCommand(program: Command, context: CliContext): void {
  program
    .command('mcp')
    .description('serve agents by the Model Context Protocol over standard input and output')
    .option('--allow-writes', 'offer tools that change counts, within rails and rights', false)
    .addHelpText('after', HELP)
    .action(async ({ allowWrites }: { readonly allowWrites: boolean }) => {
      const { cluster: clusters = [], namespace } = context.flags;
      if (clusters.length > 1 || namespace !== undefined) {
        throw new CliError(
          '`mcp` takes one --cluster, for the calls that name none, and no --namespace: the calls name it',
        );
      }
      const { serveMcp } = await load();
      const { client, cluster } = await context.connect();
      await serveMcp({
        client,
        allowWrites,
        version: VERSION,
        cluster: clusters[0] ?? cluster,
        keepReceipt: (receipt) => keepReceipt(context, receipt),
        signal: context.signal,
      });
    });
}

/** It is a package of its own, which servers do not need. */
async function load(): Promise<typeof import('k8s-deployment-scaler-mcp')> {
  try {
    return await import('k8s-deployment-scaler-mcp');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    if (!missing) throw error;
    throw new CliError(
      'The package k8s-deployment-scaler-mcp is not installed here; the image of the service leaves it out. Install it ' +
        'beside this command, or run this from a clone of the repository: docs/how-to/agents.md says how',
      EXIT.failed,
    );
  }
}
