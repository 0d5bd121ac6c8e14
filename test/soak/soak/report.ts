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
  /** In which the API server was slow for everybody, or a process did not get on, as the machine had other work. */
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

type Figures = Pick<SoakResult, 'figures' | 'warmAt'>;

/** The slope of the memory in MiB per hour: of the least resident memory of each minute after the warm-up, or of a part. */
export function memorySlope(
  { figures, warmAt }: Figures,
  of: (figures: ProcessFigures) => number = ({ residentMib }) => residentMib,
): LinearFit {
  const perMinute = new Map<number, number>();
  for (const each of figures) {
    const key = Math.floor(each.minute);
    if (each.minute < warmAt) continue;
    perMinute.set(key, Math.min(perMinute.get(key) ?? Number.POSITIVE_INFINITY, of(each)));
  }
  return linearFit([...perMinute].map(([minute, mib]) => [minute / 60, mib]));
}

/** Where resident memory can grow, to tell it apart. */
const MEMORY_PARTS: Readonly<Record<string, (figures: ProcessFigures) => number>> = {
  'Resident memory': ({ residentMib }) => residentMib,
  '- of files: the program, as far as it was needed yet': ({ fileMib }) => fileMib,
  '- anonymous': ({ anonymousMib }) => anonymousMib,
  '- - heap of V8': ({ heapTotalMib }) => heapTotalMib,
  '- - external to V8, with all buffers': ({ externalMib }) => externalMib,
  '- - the rest: OpenSSL, libuv, and what the allocator keeps': ({
    anonymousMib,
    heapTotalMib,
    externalMib,
  }) => anonymousMib - heapTotalMib - externalMib,
  'Heap of V8 in use': ({ heapMib }) => heapMib,
};

/** One row for each part of the memory. */
function memoryRows(result: Figures): string[] {
  const warm = result.figures.filter(({ minute }) => minute >= result.warmAt);
  return Object.entries(MEMORY_PARTS).map(([name, of]) => {
    const { slope, margin } = memorySlope(result, of);
    const first = result.figures[0];
    const values = warm.map(of);
    const slopes = Number.isFinite(margin) ? `${slope.toFixed(1)} ± ${margin.toFixed(1)}` : '-';
    return `| ${name} | ${first === undefined ? '-' : fixed(of(first))} | ${range(values, fixed)} | ${slopes} |`;
  });
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
  const requests = kinds.reduce((sum, kind) => sum + kind.requests, 0);
  const failed = codes.reduce((sum, { count }) => sum + count, 0);
  const warm = figures.filter(({ minute }) => minute >= warmAt);
  const rest = quietPoints.filter(({ minute }) => minute >= warmAt);
  const loops = warm.map(({ loopP99Ms }) => loopP99Ms).toSorted((a, b) => a - b);
  const lines = [
    `${result.date}: ${result.minutes} minutes, seed ${result.seed}. Node ${versions.node}, kube-apiserver ${versions.kubernetes}, ${versions.cores} cores, which the service, its clients, the API server and etcd share. ${result.problems.length === 0 ? 'Passed' : 'FAILED'}.`,
    '',
    '| What | Measured |',
    '| --- | --- |',
    `| Requests | ${number(requests)}, of which ${number(failed)} got an error that was expected of them, or of a fault |`,
    `| Checks of counts, lists and streams | ${number(result.checks)} right, ${result.problems.length} problems |`,
    `| Faults | ${recoveries.length}; changes made without the service: ${number(result.foreignChanges)}; streams opened: ${number(result.streams)} |`,
    `| Machine too busy | ${fixed(result.busySeconds)} s |`,
    `| Descriptors at rest | ${range(rest.map((f) => f.descriptors))}, of which ${range(rest.map((f) => f.sockets))} are sockets, at ${rest.length} points |`,
    `| Event-loop delay, p99 of 5 s | median ${fixed(loops[Math.floor(loops.length / 2)] ?? 0)} ms, highest ${fixed(loops.at(-1) ?? 0)} ms |`,
    '',
    `![Resident memory over the soak](${picture})`,
    '',
    `Memory in MiB, and the slope of the line through the least of each minute from minute ${warmAt.toFixed(0)} on, with its interval of 95 %:`,
    '',
    '| Memory | At the start | Later | MiB an hour |',
    '| --- | --- | --- | --- |',
    ...memoryRows(result),
    '',
    'Faults, with the seconds until `/clusters` or the effect showed them, and from the end of a fault until a change was shown and `/healthz` answered 200. They include those in which the machine was too busy, which no limit counts:',
    '',
    '| Fault | Times | Lasted, s | Shown after, s | Recovered after, s | Machine too busy, s |',
    '| --- | --- | --- | --- | --- | --- |',
    ...[...Map.groupBy(recoveries, ({ phase }) => phase)].map(([phase, all]) => {
      const noticed = all.flatMap((recovery) => recovery.noticed ?? []);
      return `| ${phase} | ${all.length} | ${span(all.map((r) => r.lasted))} | ${span(noticed)} | ${span(all.map((r) => r.recovered))} | ${span(all.map((r) => r.busy))} |`;
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
const span = (seconds: readonly number[]) => range(seconds, (value) => value.toFixed(1));

/** The least and the greatest of some values. */
function range(values: readonly number[], text: (value: number) => string = String): string {
  if (values.length === 0) return '-';
  const [least, most] = [text(Math.min(...values)), text(Math.max(...values))];
  return least === most ? least : `${least} to ${most}`;
}
