import { mkdirSync, writeFileSync } from 'node:fs';
import { type LinearFit, linearFit } from './linear-fit.ts';
import { memoryChart } from './memory-chart.ts';
import type { ProcessFigures } from './process-figures.ts';
import type { QuietFigures } from './quiet-point.ts';
import type { Recovery } from './soak.ts';
import type { CodeFigures, KindFigures } from './tallies.ts';

/** Everything that a soak has found. */
export interface SoakResult {
  readonly date: string;
  readonly seed: number;
  readonly minutes: number;
  /** Of the service, of the machine, of the API server. */
  readonly versions: { readonly node: string; readonly kubernetes: string; readonly cores: number };
  readonly kinds: readonly KindFigures[];
  readonly codes: readonly CodeFigures[];
  readonly recoveries: readonly Recovery[];
  readonly figures: readonly ProcessFigures[];
  readonly quietPoints: readonly QuietFigures[];
  /** The minute from which on memory and descriptors are judged. */
  readonly warmAt: number;
  /** Changes that were made without the service. */
  readonly foreignChanges: number;
  readonly streams: number;
  readonly checks: number;
  /** Without a fault, in which the API server was slow for everybody, as the machine had other work. */
  readonly busySeconds: number;
  readonly problems: readonly string[];
}

/**
 * A slope that is certainly greater than this, in MiB per hour, fails the soak. Half a megabyte in each three minutes would be
 * a leak that the limit of the chart survives for three days.
 */
export const MAX_SLOPE = 10;
/** In a shorter time after the warm-up, in minutes, the memory is measured and not judged: code is still compiled. */
const MIN_JUDGED = 10;
/** Descriptors that may be more at the last quiet point than at the first: a connection to the API server comes and goes. */
export const MAX_MORE_DESCRIPTORS = 4;

/** The slope of the memory in MiB per hour: of the least resident memory of each minute after the warm-up. */
export function memorySlope({ figures, warmAt }: Pick<SoakResult, 'figures' | 'warmAt'>): LinearFit {
  const perMinute = new Map<number, number>();
  for (const { minute, residentMib } of figures) {
    const key = Math.floor(minute);
    if (minute < warmAt) continue;
    perMinute.set(key, Math.min(perMinute.get(key) ?? Number.POSITIVE_INFINITY, residentMib));
  }
  return linearFit([...perMinute].map(([minute, mib]) => [minute / 60, mib]));
}

/** What is wrong with the figures. */
export function faultsIn(result: Pick<SoakResult, 'figures' | 'quietPoints' | 'warmAt'>): string[] {
  const faults: string[] = [];
  const { slope, margin } = memorySlope(result);
  const judged = (result.figures.at(-1)?.minute ?? 0) - result.warmAt;
  if (judged >= MIN_JUDGED && slope - margin > MAX_SLOPE)
    faults.push(`memory grows by ${slope.toFixed(1)} ± ${margin.toFixed(1)} MiB an hour`);
  const [first, ...others] = result.quietPoints.filter(({ minute }) => minute >= result.warmAt);
  const last = others.at(-1);
  if (first === undefined || last === undefined) return faults;
  const more = last.descriptors - first.descriptors;
  if (more > MAX_MORE_DESCRIPTORS) faults.push(`${more} more descriptors at the end than at the beginning`);
  return faults;
}

/** Writes build/soak.json, build/soak.md and build/soak.svg, and returns the Markdown. */
export function writeReport(result: SoakResult): string {
  const markdown = markdownOf(result, 'soak.svg');
  mkdirSync('build', { recursive: true });
  writeFileSync('build/soak.json', `${JSON.stringify(result)}\n`);
  writeFileSync('build/soak.md', markdown);
  writeFileSync('build/soak.svg', chartOf(result));
  return markdown;
}

/** The resident memory over the time of the soak. */
export function chartOf(result: SoakResult): string {
  return memoryChart(result.figures, result.recoveries, memorySlope(result), result.warmAt);
}

/** The report. @param picture path of the chart */
export function markdownOf(result: SoakResult, picture: string): string {
  const { kinds, codes, recoveries, figures, quietPoints, warmAt, versions } = result;
  const { slope, margin } = memorySlope(result);
  const requests = kinds.reduce((sum, kind) => sum + kind.requests, 0);
  const failed = codes.reduce((sum, { count }) => sum + count, 0);
  const warm = figures.filter(({ minute }) => minute >= warmAt);
  const rest = quietPoints.filter(({ minute }) => minute >= warmAt);
  const loops = warm.map(({ loopP99Ms }) => loopP99Ms).toSorted((a, b) => a - b);
  const range = (values: readonly number[]) => `${Math.min(...values)} to ${Math.max(...values)}`;
  const lines = [
    `${result.date}: ${result.minutes} minutes, seed ${result.seed}. Node ${versions.node}, kube-apiserver ${versions.kubernetes}, ${versions.cores} cores, which the service, its clients, the API server and etcd share. ${result.problems.length === 0 ? 'Passed' : 'FAILED'}.`,
    '',
    '| What | Measured |',
    '| --- | --- |',
    `| Requests | ${number(requests)}, of which ${number(failed)} got an error that was expected of them, or of a fault |`,
    `| Checks of counts, lists and streams | ${number(result.checks)} right, ${result.problems.length} problems |`,
    `| Faults | ${recoveries.length}; changes made without the service: ${number(result.foreignChanges)}; streams opened: ${number(result.streams)} |`,
    `| Machine too busy | ${fixed(result.busySeconds)} s |`,
    `| Memory | ${fixed(Math.min(...warm.map((f) => f.residentMib)))} to ${fixed(Math.max(...warm.map((f) => f.residentMib)))} MiB; slope ${slope.toFixed(2)} ± ${margin.toFixed(2)} MiB an hour (95 %), from minute ${warmAt.toFixed(0)} on |`,
    `| Heap in use | ${fixed(Math.min(...warm.map((f) => f.heapMib)))} to ${fixed(Math.max(...warm.map((f) => f.heapMib)))} MiB |`,
    `| Descriptors at rest | ${range(rest.map((f) => f.descriptors))}, of which ${range(rest.map((f) => f.sockets))} are sockets, at ${rest.length} points |`,
    `| Event-loop delay, p99 of 5 s | median ${fixed(loops[Math.floor(loops.length / 2)] ?? 0)} ms, highest ${fixed(loops.at(-1) ?? 0)} ms |`,
    '',
    `![Resident memory over the soak](${picture})`,
    '',
    'Faults, with the seconds until `/clusters` or the effect showed them, and from the end of a fault until a change was shown and `/healthz` answered 200:',
    '',
    '| Fault | Times | Lasted, s | Shown after, s | Recovered after, s |',
    '| --- | --- | --- | --- | --- |',
    ...[...Map.groupBy(recoveries, ({ phase }) => phase)].map(([phase, all]) => {
      const noticed = all.flatMap((recovery) => recovery.noticed ?? []);
      return `| ${phase} | ${all.length} | ${span(all.map((r) => r.lasted))} | ${span(noticed)} | ${span(all.map((r) => r.recovered))} |`;
    }),
    '',
    'Times of answers in milliseconds, while no fault was made and during faults:',
    '',
    '| Request | Number | p50 | p99 | p50, faults | p99, faults |',
    '| --- | --- | --- | --- | --- | --- |',
    ...kinds
      .toSorted((a, b) => b.requests - a.requests)
      .map(
        ({ kind, requests: each, quiet, faulty }) =>
          `| ${kind} | ${number(each)} | ${ms(quiet?.p50)} | ${ms(quiet?.p99)} | ${ms(faulty?.p50)} | ${ms(faulty?.p99)} |`,
      ),
    '',
    'Errors by time and code:',
    '',
    '| Time | Errors |',
    '| --- | --- |',
    ...[...Map.groupBy(codes, ({ phase }) => phase)].map(
      ([phase, all]) =>
        `| ${phase} | ${all
          .toSorted((a, b) => b.count - a.count)
          .map(({ code, count }) => `${number(count)} ${code}`)
          .join(', ')} |`,
    ),
    '',
  ];
  const { problems } = result;
  if (problems.length > 0) lines.push('Problems:', '', ...problems.map((problem) => `- ${problem}`), '');
  return lines.join('\n');
}

const number = (value: number) => value.toLocaleString('en-US');
const fixed = (value: number) => value.toFixed(0);
const ms = (value: number | undefined) => (value === undefined ? '-' : value.toFixed(value < 10 ? 1 : 0));

/** The least and the greatest of some seconds. */
function span(seconds: readonly number[]): string {
  if (seconds.length === 0) return '-';
  const [least, most] = [Math.min(...seconds), Math.max(...seconds)].map((value) => value.toFixed(1));
  return least === most ? `${least}` : `${least} to ${most}`;
}
