import type { Command } from 'commander';
import { ApiError } from '../../client/api-error.ts';
import type { State } from '../../client/scaler-client.ts';
import type { CliContext } from '../context.ts';
import { type ExitCode, exitCodeOfAnswer, worstOf } from '../exit-codes.ts';
import { printJson, warn } from '../output/messages.ts';
import { lastChangeText, ownersText, phaseText, readyText } from '../output/state-text.ts';
import { type Column, loadTables, printTable } from '../output/table.ts';
import { painter } from '../output/text.ts';
import { clustersOf, nameOf, parseSelector } from '../target.ts';

/** A state with the name of its cluster, as it is in JSON. */
export type StateOfCluster = State & { readonly cluster: string };

/** What became of the list of one cluster. */
type Listed =
  | { readonly cluster: string; readonly states: readonly StateOfCluster[] }
  | { readonly cluster: string; readonly error: ApiError };

/** Adds `list`: the states of Deployments, by default of all namespaces and clusters. */
export function addListCommand(program: Command, context: CliContext): void {
  program
    .command('list')
    .alias('ls')
    .description(
      'list Deployments with their counts: of all clusters and namespaces, or of those that you name',
    )
    .option(
      '-l, --selector <selector>',
      'only Deployments with these labels, as kubectl writes it: app=web,!canary',
      parseSelector,
    )
    .addHelpText(
      'after',
      `
JSON: {"items": [...], "errors": [{"cluster", "code", "message"}]}; an item is one of GET /scale and its "cluster".
A cluster that cannot be listed is a warning; the others are shown, and the exit code tells.`,
    )
    .action(({ selector }: { selector?: string }) => list(context, selector));
}

async function list(context: CliContext, labelSelector: string | undefined): Promise<void> {
  const { signal, flags } = context;
  const connection = await context.connect();
  const { client } = connection;
  const named = clustersOf(context, connection);
  if (flags.output === 'table') void loadTables();
  const clusters = named.length > 0 ? named : (await client.clusters(signal)).map(({ name }) => name);
  const answers = await Promise.all(
    clusters.map(async (cluster): Promise<Listed> => {
      try {
        const states = await client.states(cluster, { namespace: flags.namespace, labelSelector }, signal);
        return { cluster, states: states.map((state) => ({ cluster, ...state })) };
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        return { cluster, error };
      }
    }),
  );
  const items = answers.flatMap((answer) => ('states' in answer ? answer.states : []));
  const failures = answers.flatMap((answer) => ('error' in answer ? [answer] : []));
  // The fault is the same one everywhere, such as a selector: then it is the error of the command.
  const [failure] = failures;
  if (failure !== undefined && failures.length === answers.length) throw failure.error;

  const errors = failures.map(({ cluster, error: { code, message } }) => ({ cluster, code, message }));
  if (flags.output === 'json') printJson(context, { items, errors });
  else await printStates(context, items);
  for (const { cluster, code, message } of errors) {
    warn(context, `cluster ${cluster} is not listed: ${message} (${code})`);
  }
  context.exitWith(worstOf(failures.map(({ error }): ExitCode => exitCodeOfAnswer(error))));
}

async function printStates(context: CliContext, items: readonly StateOfCluster[]): Promise<void> {
  if (context.flags.output === 'name') {
    context.stdout.write(
      items
        .map(({ cluster, namespace, deployment }) => `${nameOf({ cluster, namespace, deployment })}\n`)
        .join(''),
    );
    return;
  }
  if (items.length === 0) {
    context.stderr.write('There is no such Deployment, or you may not list it.\n');
    if (context.isTerminal) return;
  }
  const paint = painter(context.colours);
  const columns: Column<StateOfCluster>[] = [
    { head: 'CLUSTER', optional: 'same', cell: ({ cluster }) => cluster },
    {
      head: 'NAMESPACE',
      ...(context.flags.namespace !== undefined && { optional: 'same' }),
      cell: ({ namespace }) => namespace,
    },
    { head: 'NAME', cell: ({ deployment }) => deployment },
    { head: 'COUNT', cell: ({ replicas }) => String(replicas) },
    { head: 'READY', cell: readyText },
    { head: 'PHASE', cell: (state) => phaseText(state, paint) },
    { head: 'OWNER', optional: 'empty', isCut: true, cell: ownersText },
    { head: 'LAST CHANGE', optional: 'empty', isCut: true, cell: lastChangeText },
  ];
  await printTable(context, columns, items);
}
