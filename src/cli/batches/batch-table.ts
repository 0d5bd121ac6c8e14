import type { WriteStream } from 'node:tty';
import type { BatchAnswer, BatchItem } from '../../client/scaler-client.ts';
import type { CliContext } from '../context.ts';
import { EXIT, type ExitCode, exitCodeOf, worstOf } from '../exit-codes.ts';
import { warn } from '../output/messages.ts';
import { shortOwner } from '../output/state-text.ts';
import { type Column, printTable } from '../output/table.ts';
import { counted, type Paint, painter } from '../output/text.ts';
import { nameOf } from '../target.ts';

/** How many items are explained on stderr; JSON has all. */
const MAX_EXPLAINED = 20;

/**
 * Prints the items of a plan or of what became of it, and explains on stderr what is not as it was asked for.
 * @param to default: stdout
 */
export async function printItems(
  context: CliContext,
  { items, dryRun }: BatchAnswer,
  to?: WriteStream,
): Promise<void> {
  const paint = painter(context.colours);
  const columns: Column<BatchItem>[] = [
    { head: 'CLUSTER', optional: 'same', cell: ({ cluster }) => cluster },
    { head: 'NAMESPACE', cell: ({ namespace }) => namespace },
    { head: 'NAME', cell: ({ deployment }) => deployment },
    { head: 'COUNT', cell: changeText },
    { head: dryRun ? 'PLAN' : 'OUTCOME', cell: (item) => outcomeText(item, paint) },
    { head: 'PODS', optional: 'empty', cell: rolloutText },
    { head: 'FORECAST', optional: 'empty', isCut: true, cell: forecastText },
  ];
  await printTable(context, columns, items, to);
  explain(context, items);
}

/** Explains on stderr, for each item, what is not as it was asked for and what to change. */
export function explain(context: CliContext, items: readonly BatchItem[]): void {
  const texts = items.flatMap((item) => reasonsOf(item).map((text) => `${nameOf(item)}: ${text}`));
  for (const text of texts.slice(0, MAX_EXPLAINED)) warn(context, text);
  const left = texts.length - MAX_EXPLAINED;
  if (left > 0) warn(context, `${left} more of these are not shown: --output json has all`);
}

function reasonsOf(item: BatchItem): string[] {
  const { outcome, code, message, changedBy, warnings, forecast, rollout } = item;
  const reasons: string[] = [];
  if (code !== undefined) {
    const by = changedBy === undefined || message?.includes(changedBy.by) ? '' : `, by ${changedBy.by}`;
    reasons.push(`${message ?? 'it was not set'}${by} (${code})`);
  }
  if (rollout?.code !== undefined)
    reasons.push(`${rollout.message ?? 'its pods are not there'} (${rollout.code})`);
  // Where nothing is changed, nothing comes of it.
  if (outcome !== 'set') return reasons;
  for (const warning of new Set([...warnings, ...forecast.flatMap(({ message: text }) => text ?? [])]))
    reasons.push(warning);
  return reasons;
}

/** `3 set, 1 unchanged`; empty outcomes are left out. */
export function countsText({ counts, dryRun }: BatchAnswer): string {
  const words: readonly (readonly [number, string])[] = [
    [counts.set, dryRun ? 'to set' : 'set'],
    [counts.unchanged, dryRun ? 'as asked already' : 'unchanged'],
    [counts.leftAlone, 'left alone'],
    [counts.refused, 'refused'],
    [counts.failed, 'failed'],
    [counts.unknown, 'with an unknown outcome'],
    [counts.notStarted, 'not started'],
  ];
  const parts = words.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return parts.length === 0 ? counted(0, 'Deployment') : parts.join(', ');
}

/**
 * The exit code of a batch: that of its worst item.
 * @param forgiving in a receipt that is sent later, what somebody has changed or deleted since is their affair, not a failure
 */
export function exitCodeOfItems(
  items: readonly BatchItem[],
  { forgiving }: { readonly forgiving: boolean },
): ExitCode {
  return worstOf(items.map((item) => exitCodeOfItem(item, forgiving)));
}

function exitCodeOfItem({ outcome, code = '', rollout }: BatchItem, forgiving: boolean): ExitCode {
  if (outcome === 'set' || outcome === 'unchanged') {
    return rollout?.code === undefined ? EXIT.done : exitCodeOf(rollout.code);
  }
  if (outcome === 'leftAlone' && isTheirAffair(code)) return forgiving ? EXIT.done : EXIT.refused;
  if (outcome === 'leftAlone' || outcome === 'refused') return exitCodeOf(code);
  return EXIT.failed;
}

/** Whether an item is left alone because somebody else has changed or deleted its Deployment. */
export function isTheirAffair(code: string | undefined): boolean {
  return code === 'CHANGED_SINCE' || code === 'DEPLOYMENT_GONE';
}

function changeText({ from, to }: BatchItem): string {
  return from === undefined || from === to ? String(to) : `${from} -> ${to}`;
}

function outcomeText({ outcome, code }: BatchItem, paint: Paint): string {
  const text = code === undefined ? outcome : `${outcome}: ${code}`;
  if (outcome === 'set') return paint('green', text);
  if (outcome === 'unchanged') return paint('dim', text);
  return paint(outcome === 'leftAlone' ? 'yellow' : 'red', text);
}

function rolloutText({ rollout }: BatchItem): string {
  return rollout === undefined ? '' : rollout.ready ? 'ready' : (rollout.code ?? 'not ready');
}

function forecastText({ forecast }: BatchItem): string {
  return forecast
    .filter(({ kind }) => kind !== 'holds')
    .map(({ kind, by, certainty }) => {
      const who = by === undefined ? '' : ` by ${shortOwner(by)}`;
      return `${kind}${who}${certainty === 'possible' ? '?' : ''}`;
    })
    .join(', ');
}
