import type { WriteStream } from 'node:tty';
import { stripVTControlCharacters } from 'node:util';
import type { CliContext } from '../context.ts';

/** A column of a table. */
export interface Column<Row> {
  readonly head: string;
  /** The text of its cell, on one line; empty: none. */
  readonly cell: (row: Row) => string;
  /** A terminal does not show the column if its cells are empty or, with `same`, all alike. */
  readonly optional?: 'empty' | 'same';
  /** A terminal that is too narrow cuts its texts before those of other columns, which people copy. */
  readonly isCut?: boolean;
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
/** Loads what tables are made with. While an answer is on its way it costs nobody time. */
export const loadTables = () => import('cli-table3');

/** Spaces between two columns, and where the terminal is too narrow. */
const GAP = 3;
const NARROW_GAP = 2;
/** No column becomes narrower than this to fit a terminal. */
const NARROWEST = 8;

/**
 * Prints rows as kubectl does, without borders. On a terminal it leaves out optional columns and cuts texts so that a row
 * fits its line; elsewhere all columns and texts are there, so that programs find them.
 * @param to default: stdout
 */
export async function printTable<Row>(
  context: CliContext,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  to: WriteStream = context.stdout,
): Promise<void> {
  const all = columns.map((column) => ({ ...column, texts: rows.map(column.cell) }));
  const shown = to.isTTY === true ? all.filter((column) => isWorthwhile(column)) : all;
  const { default: Table } = await loadTables();
  const { widths, gap } = layoutOf(shown, to.isTTY === true ? to.columns || undefined : undefined);
  const table = new Table({
    head: shown.map(({ head }) => head),
    colWidths: widths.map((width, at) => width + (at < widths.length - 1 ? gap : 0)),
    chars: NO_BORDERS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  // A text may use its width, so the gap is a part of the column.
  for (const at of rows.keys()) {
    table.push(shown.map(({ texts }, column) => fitted(texts[at] || '-', widths[column] ?? 0)));
  }
  const lines = table.toString().split('\n');
  to.write(`${lines.map((line) => line.trimEnd()).join('\n')}\n`);
}

function isWorthwhile({ optional, texts }: { optional?: string; texts: readonly string[] }): boolean {
  if (optional === undefined) return true;
  if (texts.every((text) => text === '')) return false;
  return optional === 'empty' || texts.some((text) => text !== texts[0]);
}

/** The widths of the columns. What is too much for the terminal is taken from the widest ones, first of those that may be cut. */
function layoutOf<Row>(
  columns: readonly (Column<Row> & { readonly texts: readonly string[] })[],
  available: number | undefined,
): { readonly widths: readonly number[]; readonly gap: number } {
  const widths = columns.map(({ head, texts }) => Math.max(head.length, ...texts.map(widthOf)));
  const total = widths.reduce((sum, width) => sum + width, 0);
  const gaps = widths.length - 1;
  if (available === undefined || total + GAP * gaps <= available) return { widths, gap: GAP };
  let excess = total + NARROW_GAP * gaps - available;
  for (const isFirst of [true, false]) {
    const cut = [...columns.keys()].filter((at) => !isFirst || columns[at]?.isCut === true);
    for (; excess > 0; excess -= 1) {
      const widest = Math.max(0, ...cut.map((at) => widths[at] ?? 0));
      const at = cut.find((column) => widths[column] === widest);
      if (at === undefined || widest <= NARROWEST) break;
      widths[at] = widest - 1;
    }
  }
  return { widths, gap: NARROW_GAP };
}

function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** The text in this width; what does not fit loses its colours and its end. */
function fitted(text: string, width: number): string {
  return widthOf(text) <= width ? text : `${stripVTControlCharacters(text).slice(0, width - 1)}…`;
}
