import type { Row, Target } from '../rows.ts';
import { median } from '../statistics.ts';
import { SUBJECT_TITLES, type SubjectName } from '../subjects/subject.ts';
import type { Result } from './figures.ts';

const SUBJECTS: readonly SubjectName[] = ['image', 'start', 'bare', 'nginx'];

const HEAD = ['', 'unit', ...SUBJECTS.map((name) => SUBJECT_TITLES[name]), 'over bare', 'to reach', ''];

/** The figures as a table in Markdown. */
export function markdownTable(results: readonly Result[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = HEAD.map((_, i) => (i === 0 ? '---' : '---:'));
  return [line(HEAD), line(rule), ...results.map((result) => line(cellsOf(result)))].join('\n');
}

/** The head of the table that a terminal shows, and one row of it. */
export const terminalHead = () => columns(HEAD);
export const terminalRow = (result: Result) => columns(cellsOf(result));

function cellsOf(result: Result): string[] {
  const { title, unit, rounds, ratio, target, met } = result;
  const figures = SUBJECTS.map((name) => figureText(median(rounds[name] ?? [])));
  const outcome = met === undefined ? '' : met ? 'met' : 'missed';
  return [
    title,
    unit,
    ...figures,
    ratio === undefined ? '-' : `${ratio.toFixed(2)}x`,
    targetText(target, unit),
    outcome,
  ];
}

function columns(cells: readonly string[]): string {
  const widths = [44, 4, ...SUBJECTS.map((name) => SUBJECT_TITLES[name].length), 10, 12, 7];
  return cells
    .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
    .join('  ');
}

/** Three digits, which is more than a busy machine is good for. */
export function figureText(figure: number): string {
  if (!Number.isFinite(figure)) return '-';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(figure) || 1)));
  return figure.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function targetText(target: Target | undefined, unit: Row['unit']): string {
  if (target === undefined) return '';
  const sign = 'atMost' in target ? '<=' : '>=';
  const bound = 'atMost' in target ? target.atMost : target.atLeast;
  return `${sign} ${bound}${target.of === 'ratio' ? 'x' : ` ${unit}`}`;
}
