import { type Command, Option } from 'commander';
import type { Batch } from '../../client/scaler-client.ts';
import { CliError } from '../cli-error.ts';
import type { Connection } from '../connect/connect.ts';
import type { CliContext } from '../context.ts';
import { clustersOf, countOf, nameOf, parseSelector, type TargetToSet, targetsOf } from '../target.ts';
import { parseSeconds } from '../wait-option.ts';

/** The longest wait of a batch, which is one request. */
const MAX_BATCH_WAIT_S = 300;

/** The flags of commands that set counts. */
export interface BatchFlags {
  readonly selector?: string;
  /** Seconds. */
  readonly wait?: number;
  readonly force?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  /** Where to keep the receipt. */
  readonly receipt?: string;
}

export const SELECTOR_FLAG = '-l, --selector <selector>';
export const SELECTOR_TEXT = 'all Deployments with these labels, as kubectl writes it: app=web,!canary';
export const FORCE_TEXT =
  'set a count even if somebody else will certainly undo it; no rail and no right is passed';

/** Adds the flags that all commands have that set several counts. */
export function addBatchFlags(command: Command): Command {
  return command
    .option(SELECTOR_FLAG, SELECTOR_TEXT, parseSelector)
    .addOption(waitFlag())
    .option('--dry-run', 'show what would become of it, and change nothing')
    .option('--force', FORCE_TEXT)
    .option('-y, --yes', 'do not ask, and set the others if some are refused')
    .option(
      '--receipt <file>',
      'keep the receipt in this new file (default: one in the folder for receipts)',
    );
}

/** `--wait`, `--wait 30` or `--wait=30`. */
export function waitFlag(): Option {
  return new Option('--wait [seconds]', 'wait until the pods are there (without a time: 60 s)').argParser(
    parseSeconds,
  );
}

/**
 * What the arguments and flags ask for: items, or what a selector or a namespace selects.
 * @throws CliError
 */
export async function batchOf(
  context: CliContext,
  connection: Connection,
  args: readonly string[],
  { selector, replicas }: { readonly selector: string | undefined; readonly replicas: number | undefined },
): Promise<Batch> {
  if (args.length > 0) {
    if (selector !== undefined) throw new CliError('name Deployments or use --selector, not both');
    return { items: itemsOf(await targetsOf(args, context, connection), replicas) };
  }
  const { namespace } = context.flags;
  if (selector === undefined && namespace === undefined) {
    throw new CliError(
      'which Deployments? Name them (NAMESPACE/NAME), or select them with --selector or --namespace',
    );
  }
  if (replicas === undefined) throw new CliError('which count? Add --replicas N');
  const clusters = await selectedClusters(context, connection);
  return {
    select: {
      ...(namespace !== undefined && { namespace }),
      ...(selector !== undefined && { labelSelector: selector }),
      clusters: [...clusters],
    },
    replicas,
  };
}

/** The counts of the targets. @throws CliError if one has none */
export function itemsOf(
  targets: readonly TargetToSet[],
  replicas: number | undefined,
): NonNullable<Batch['items']> {
  return targets.map((target) => {
    const { cluster, namespace, deployment } = target;
    const count = countOf(target, replicas);
    const name = nameOf(target);
    if (count === undefined)
      throw new CliError(`which count for ${name}? Write ${name}=N, or add --replicas N`);
    return { ...(cluster !== undefined && { cluster }), namespace, deployment, replicas: count };
  });
}

/** @throws CliError if a batch cannot wait for so long */
export function batchWait(wait: number | undefined): number | undefined {
  if (wait === undefined || wait <= MAX_BATCH_WAIT_S) return wait;
  throw new CliError(
    `several Deployments are waited for up to ${MAX_BATCH_WAIT_S} s: write --wait=${MAX_BATCH_WAIT_S}, then \`wait\``,
  );
}

/** Of a service with several clusters the user has to name those in which to select, so that nothing is set by surprise. */
async function selectedClusters(context: CliContext, connection: Connection): Promise<readonly string[]> {
  const named = clustersOf(context, connection);
  if (named.length > 0) return named;
  const names = (await connection.client.clusters(context.signal)).map(({ name }) => name);
  if (names.length <= 1) return names;
  throw new CliError(
    `in which clusters? The service has ${names.join(', ')}: add ${names.map((name) => `--cluster ${name}`).join(' ')}, or some of these`,
  );
}
