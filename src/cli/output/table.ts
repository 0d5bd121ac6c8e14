import { stripVTControlCharacters } from 'node:util';
import type { CliContext } from '../context.ts';

/** A column of a table. */
export interface Column<Row> {
  readonly head: string;
  /** The text of its cell, on one line; empty: none. */
  readonly cell: (row: Row) => string;
  /** A terminal does not show the column if its cells are empty or, with `same`, all alike. */
  readonly optional?: 'empty' | 'same';
}

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};
/** Spaces between two columns. */
const GAP = 3;
/** No column becomes narrower than this to fit a terminal. */
const NARROWEST = 8;

/**
 * Prints rows as kubectl does, without borders. On a terminal it leaves out optional columns and cuts texts so that a row
 * fits its line; elsewhere all columns and texts are there, so that programs find them.
 */
export async function printTable<Row>(
  context: CliContext,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Promise<void> {
  const all = columns.map((column) => ({ ...column, texts: rows.map(column.cell) }));
  const shown = context.isTerminal ? all.filter((column) => isWorthwhile(column)) : all;
  const { default: Table } = await import('cli-table3');
  const widths = widthsOf(shown, context.columns);
  const table = new Table({
    head: shown.map(({ head }) => head),
    colWidths: widths.map((width, at) => width + (at < widths.length - 1 ? GAP : 0)),
    chars: NO_BORDERS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  // A text may use its width, so the gap is a part of the column.
  for (const at of rows.keys()) {
    table.push(shown.map(({ texts }, column) => fitted(texts[at] || '-', widths[column] ?? 0)));
  }
  const lines = table.toString().split('\n');
  context.stdout.write(`${lines.map((line) => line.trimEnd()).join('\n')}\n`);
}

function isWorthwhile({ optional, texts }: { optional?: string; texts: readonly string[] }): boolean {
  if (optional === undefined) return true;
  if (texts.every((text) => text === '')) return false;
  return optional === 'empty' || texts.some((text) => text !== texts[0]);
}

/** The widths of the columns. What is too much for the terminal is taken from the widest ones. */
function widthsOf(
  columns: readonly { readonly head: string; readonly texts: readonly string[] }[],
  available: number | undefined,
): number[] {
  const widths = columns.map(({ head, texts }) => Math.max(head.length, 1, ...texts.map(widthOf)));
  if (available === undefined) return widths;
  let excess = widths.reduce((sum, width) => sum + width, GAP * (widths.length - 1)) - available;
  while (excess > 0) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) break;
    widths[widths.indexOf(widest)] = widest - 1;
    excess -= 1;
  }
  return widths;
}

function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** The text in this width; what does not fit loses its colours and its end. */
function fitted(text: string, width: number): string {
  return widthOf(text) <= width ? text : `${stripVTControlCharacters(text).slice(0, width - 1)}…`;
}
