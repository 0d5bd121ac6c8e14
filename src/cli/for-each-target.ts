import { ApiError } from '../client/api-error.ts';
import type { Target } from '../client/scaler-client.ts';
import { CliError } from './cli-error.ts';
import type { Connection } from './connect/connect.ts';
import type { CliContext } from './context.ts';
import { exitCodeOfAnswer } from './exit-codes.ts';
import { inLanes } from './lanes.ts';
import { printJson } from './output/messages.ts';
import { describeError } from './report-error.ts';
import { nameOf, type TargetToSet, targetsOf, withCluster } from './target.ts';

export interface Results<Result> {
  readonly connection: Connection;
  readonly targets: readonly TargetToSet[];
  /** Of the targets for which it succeeded, in their order. */
  readonly results: readonly { readonly target: Target; readonly result: Result }[];
}

/** Calls at a time: each has a connection of its own. */
const LANES = 8;

/**
 * Does something with each Deployment that the arguments name. For one it throws its error; for several it says in the end
 * which failed, and the exit code tells the worst.
 */
export async function forEachTarget<Result>(
  context: CliContext,
  args: readonly string[],
  action: (connection: Connection, target: TargetToSet, all: readonly TargetToSet[]) => Promise<Result>,
): Promise<Results<Result>> {
  const connection = await context.connect();
  const targets = await targetsOf(args, context, connection);
  const failures: { readonly target: Target; readonly error: ApiError }[] = [];
  const results = await inLanes(LANES, targets, async (target) => {
    try {
      return [{ target, result: await action(connection, target, targets) }];
    } catch (error) {
      if (targets.length === 1 || !(error instanceof ApiError)) throw error;
      failures.push({ target, error });
      return [];
    }
  });
  for (const { target, error } of failures) {
    context.stderr.write(`error: ${nameOf(target)}: ${describeError(error)}\n`);
    context.exitWith(exitCodeOfAnswer(error));
  }
  return { connection, targets, results: results.flat() };
}

/**
 * Prints the results for programs: the names of the Deployments, or JSON, which has the cluster of each and for several
 * arguments an object with `items`. Tables are the affair of each command.
 */
export async function printResults<Result extends object>(
  context: CliContext,
  { connection, targets, results }: Results<Result>,
): Promise<void> {
  const { flags, stdout, signal } = context;
  const named = await withCluster(
    results.map(({ target }) => target),
    connection,
    signal,
  );
  if (flags.output === 'name') {
    stdout.write(named.map((target) => `${nameOf(target)}\n`).join(''));
    return;
  }
  const items = results.map(({ target: { namespace, deployment }, result }, at) => ({
    cluster: named[at]?.cluster,
    namespace,
    deployment,
    ...result,
  }));
  printJson(context, targets.length === 1 ? items[0] : { items });
}

/** Refuses arguments such as `TARGET=N` where no count is set or waited for. @throws CliError */
export function withoutCounts(args: readonly string[]): readonly string[] {
  const counted = args.find((arg) => arg.includes('='));
  if (counted === undefined) return args;
  throw new CliError(
    `"${counted}" has a count, which this command does not take: leave out what follows the name`,
  );
}
