import { mkdirSync, writeFileSync } from 'node:fs';
import type { Tally } from './attacks.ts';

/** The outcome of one row of the table. */
export interface RowResult extends Tally {
  readonly row: string;
  /** The mechanism that limited the memory of the service. */
  readonly limitedBy: string;
  readonly bystander: {
    readonly requests: number;
    readonly lost: number;
    readonly p99BeforeMs: number | undefined;
    readonly p99DuringMs: number | undefined;
  };
  /** Memory of the service: before the attack, at its peak, and at the end of the row. */
  readonly memory: {
    readonly beforeMib: number;
    readonly peakMib: number;
    readonly afterMib: number | undefined;
  };
  readonly logLines: number;
  readonly notes: readonly string[];
  /** The reasons of a failure. Empty if the row passed. */
  readonly problems: readonly string[];
  /** The reasons of the first 20 requests that the bystander lost. */
  readonly reasons: readonly string[];
  /** The last lines of the log. */
  readonly lastLines: readonly string[];
}

const HEADINGS = [
  'row',
  'conns',
  'requests',
  'bystander',
  'lost',
  'p99 ms',
  'MiB: before',
  'peak',
  'after',
  'verdict',
];

/** Prints the table, and writes the details to build/attack.json. */
export function writeReport(results: readonly RowResult[]): void {
  mkdirSync('build', { recursive: true });
  writeFileSync('build/attack.json', `${JSON.stringify(results, undefined, 2)}\n`);
  const rows = [HEADINGS, ...results.map(cells)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const details = results.flatMap(({ row, notes, problems }) => [
    ...problems.map((problem) => `${row}: ${problem}`),
    ...notes.map((note) => `${row}: (${note})`),
  ]);
  const [limitedBy = 'nothing'] = results.map((result) => result.limitedBy);
  process.stdout.write(`\nMemory is limited by: ${limitedBy}\n${[...lines, ...details].join('\n')}\n`);
}

function cells(result: RowResult): string[] {
  const { row, connections, requests, bystander, memory, problems } = result;
  const ms = (value: number | undefined) => (value === undefined ? '-' : value.toFixed(1));
  return [
    row,
    String(connections),
    String(requests),
    String(bystander.requests),
    String(bystander.lost),
    `${ms(bystander.p99BeforeMs)} -> ${ms(bystander.p99DuringMs)}`,
    String(memory.beforeMib),
    String(memory.peakMib),
    String(memory.afterMib ?? '-'),
    problems.length === 0 ? 'green' : 'RED',
  ];
}
