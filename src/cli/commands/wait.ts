import type { Command } from 'commander';
import { awaitCount, awaitVisibly } from '../await-count.ts';
import type { CliContext } from '../context.ts';
import { forEachTarget } from '../for-each-target.ts';
import { commandLine, printJson } from '../output/messages.ts';
import { ProgressLine } from '../output/progress-line.ts';
import { readyText } from '../output/state-text.ts';
import { nameOf, parseCount, withCluster } from '../target.ts';
import { parseSeconds } from '../wait-option.ts';

interface WaitFlags {
  readonly replicas?: number;
  readonly timeout: number;
}

/** Adds `wait`: waits until Deployments have their replicas. */
export function addWaitCommand(program: Command, context: CliContext): void {
  program
    .command('wait')
    .description('wait until Deployments have their replicas, or say why they do not get them')
    .argument('<target...>', 'Deployments; TARGET=N waits for N replicas')
    .option(
      '--replicas <count>',
      'the count that is waited for; any other one ends the wait (default: the present one)',
      parseCount,
    )
    .option('--timeout <seconds>', 'how long to wait', parseSeconds, 60)
    .addHelpText('after', '\nJSON: the state and its "cluster"; {"items": [...]} for several.')
    .action((targets: readonly string[], flags: WaitFlags) => wait(context, targets, flags));
}

async function wait(context: CliContext, args: readonly string[], flags: WaitFlags): Promise<void> {
  const { stdout, signal } = context;
  let line: ProgressLine | undefined;
  let ready = 0;
  const { connection, targets, results } = await forEachTarget(
    context,
    args,
    async ({ client }, target, all) => {
      const replicas = target.replicas ?? flags.replicas ?? (await client.state(target, signal)).replicas;
      const awaited = { replicas, seconds: flags.timeout };
      if (all.length === 1) return awaitVisibly(context, client, target, awaited);
      line ??= new ProgressLine(context, `waiting for ${all.length} Deployments`);
      const state = await awaitCount(context, client, target, awaited);
      ready += 1;
      line.say(`${ready} of ${all.length} Deployments are ready`);
      return state;
    },
  )
    .catch((error: unknown) => {
      if (!signal.aborted) throw error;
      const again = commandLine(context, 'wait', ...args.filter((arg) => arg !== '-'));
      context.stderr.write(`Nothing was changed. To wait on: ${again}\n`);
      throw error;
    })
    .finally(() => line?.end());
  if (context.flags.output === 'table') {
    stdout.write(
      results.map(({ target, result }) => `${nameOf(target)} ${readyText(result)} ready\n`).join(''),
    );
    return;
  }
  const known = await withCluster(
    results.map(({ target }) => target),
    connection,
    signal,
  );
  const states = results.map(({ result }, at) => ({ cluster: known[at]?.cluster, ...result }));
  if (context.flags.output === 'name') stdout.write(states.map((state) => `${nameOf(state)}\n`).join(''));
  else printJson(context, targets.length === 1 ? states[0] : { items: states });
}
