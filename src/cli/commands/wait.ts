import type { Command } from 'commander';
import { awaitCount, awaitVisibly } from '../await-count.ts';
import type { CliContext } from '../context.ts';
import { forEachTarget, printResults } from '../for-each-target.ts';
import { commandLine, note } from '../output/messages.ts';
import { ProgressLine } from '../output/progress-line.ts';
import { readyText } from '../output/state-text.ts';
import { countOf, nameOf, parseCount, type TargetToSet } from '../target.ts';
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
  let named: readonly TargetToSet[] = [];
  // For all together: those for which a lane is free late get what is left.
  const endsAt = performance.now() + flags.timeout * 1000;
  const done = await forEachTarget(context, args, async ({ client }, target, all) => {
    named = all;
    const asked = countOf(target, flags.replicas);
    // Asked also where the count is known: a service that cannot be reached is told at once, and not waited for.
    const present = await client.state(target, signal);
    const replicas = asked ?? present.replicas;
    const seconds = Math.max(1, Math.round((endsAt - performance.now()) / 1000));
    const awaited = { replicas, seconds };
    if (all.length === 1) return awaitVisibly(context, client, target, awaited);
    line ??= new ProgressLine(context, `waiting for ${all.length} Deployments`);
    const state = await awaitCount(context, client, target, awaited);
    ready += 1;
    line.say(`${ready} of ${all.length} Deployments are ready`);
    return state;
  })
    .catch((error: unknown) => {
      if (!signal.aborted) throw error;
      if (named.length > 0) note(context, `Nothing was changed. To wait on: ${again(context, named, flags)}`);
      throw error;
    })
    .finally(() => line?.end());
  if (context.flags.output !== 'table') return printResults(context, done);
  stdout.write(
    done.results.map(({ target, result }) => `${nameOf(target)} ${readyText(result)} ready\n`).join(''),
  );
}

/** The command that waits on, with the whole names: flags that complete them may be missing in the next shell. */
function again(context: CliContext, targets: readonly TargetToSet[], { replicas }: WaitFlags): string {
  const words = targets.map((target) => {
    const count = countOf(target, replicas);
    return count === undefined ? nameOf(target) : `${nameOf(target)}=${count}`;
  });
  return commandLine(context, 'wait', ...words);
}
