import type { Command } from 'commander';
import type { State } from '../../client/scaler-client.ts';
import type { CliContext } from '../context.ts';
import { forEachTarget, printResults, withoutCounts } from '../for-each-target.ts';
import { authorOf, countChange, phaseText, readyText } from '../output/state-text.ts';
import { ageOf, oneLine, painter } from '../output/text.ts';
import { nameOf } from '../target.ts';

/** Adds `get`: the states of some Deployments in detail. */
export function addGetCommand(program: Command, context: CliContext): void {
  program
    .command('get')
    .description('show Deployments in detail: counts, progress, who else sets the count, who changed it last')
    .argument('<target...>', 'Deployments')
    .addHelpText(
      'after',
      '\nJSON: the state, as GET /deployments/{namespace}/{deployment} answers it, and its "cluster"; {"items": [...]} for several.',
    )
    .action((targets: readonly string[]) => get(context, withoutCounts(targets)));
}

async function get(context: CliContext, args: readonly string[]): Promise<void> {
  const { stdout, flags } = context;
  const done = await forEachTarget(context, args, ({ client }, target) =>
    client.state(target, context.signal),
  );
  if (flags.output !== 'table') return printResults(context, done);
  const details = done.results.map(({ target: { cluster }, result }) =>
    detailOf(context, { cluster, ...result }),
  );
  stdout.write(details.join('\n'));
}

/** The state for people: a line for each fact. */
function detailOf(context: CliContext, state: State & { readonly cluster: string | undefined }): string {
  const paint = painter(context.colours);
  const { replicas, available, updated, lastChange, overridden, fight, owners, unknownOwners } = state;
  const lines: [label: string, text: string][] = [
    [
      'count',
      `${replicas}; ${readyText(state)} ready, ${available} available, ${updated} of the newest template`,
    ],
    ['phase', `${phaseText(state, paint)}: ${oneLine(state.reason)}${state.paused ? ' (paused)' : ''}`],
  ];
  for (const { kind, name, does, evidence } of owners) {
    lines.push(['owner', `${oneLine(`${kind}/${name}: ${does}`)} ${paint('dim', oneLine(`(${evidence})`))}`]);
  }
  for (const unknown of unknownOwners) lines.push(['unknown', oneLine(unknown)]);
  if (lastChange !== undefined) {
    const when = lastChange.at === undefined ? 'before the service started' : `${ageOf(lastChange.at)} ago`;
    lines.push(['changed', `${countChange(lastChange)} by ${authorOf(lastChange)}, ${when}`]);
  }
  if (overridden !== undefined) {
    const { by, at } = overridden;
    const text = `overridden by ${oneLine(by)}, ${ageOf(at)} ago: ${countChange(overridden)}`;
    lines.push(['override', paint('yellow', text)]);
  }
  if (fight !== undefined) {
    const { between, switches, since } = fight;
    const text = `${oneLine(between.join(' and '))} set the count in turn, ${switches} times since ${ageOf(since)} ago`;
    lines.push(['fight', paint('yellow', text)]);
  }
  const body = lines.map(([label, text]) => `  ${label.padEnd(10)}${text}\n`).join('');
  return `${paint('bold', nameOf(state))}\n${body}`;
}
