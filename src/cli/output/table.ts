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

const NO_LINE = { left: '', mid: '', right: '', other: '' };

/** Loads what tables are made with. While an answer is on its way it costs nobody time. */
export const loadTables = () => import('console-table-printer');

/** Spaces between two columns, and where the terminal is too narrow. */
const GAP = 3;
const NARROW_GAP = 2;
/** The table printer puts this many spaces between two columns, and before the first one if nothing stands there. */
const GAP_OF_PRINTER = 2;
const MARGIN_OF_PRINTER = 1;
/** No column becomes narrower than this to fit a terminal. */
const NARROWEST = 8;

/** Prints rows as `tableText` gives them. @param to default: stdout */
export async function printTable<Row>(
  context: CliContext,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  to: WriteStream = context.stdout,
): Promise<void> {
  // A terminal need not tell its width.
  const width = to.isTTY === true ? to.columns || Number.POSITIVE_INFINITY : undefined;
  to.write(await tableText(columns, rows, width));
}

/**
 * The rows as kubectl shows them, without borders. On a terminal it leaves out optional columns and cuts texts so that a
 * row fits its line; elsewhere all columns and texts are there, so that programs find them.
 * @param width of the terminal; undefined: the text is not for a terminal
 */
export async function tableText<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number | undefined,
): Promise<string> {
  const all = columns.map((column) => ({ ...column, texts: rows.map(column.cell) }));
  const shown = width === undefined ? all : all.filter((column) => isWorthwhile(column));
  const { Table } = await loadTables();
  const { widths, gap } = layoutOf(shown, width);
  const between = ' '.repeat(gap - GAP_OF_PRINTER);
  const shorten = (text: string, column: number) => fitted(text, widths[column] ?? 0);
  const table = new Table({
    columns: shown.map(({ head }, column) => ({
      name: head,
      title: shorten(head, column),
      alignment: 'left',
    })),
    rows: [...rows.keys()].map((row) =>
      Object.fromEntries(shown.map(({ head, texts }, column) => [head, shorten(texts[row] || '-', column)])),
    ),
    style: { headerTop: NO_LINE, headerBottom: NO_LINE, tableBottom: NO_LINE, vertical: between },
    shouldDisableColors: true,
  });
  const lines = table.render().split('\n');
  const cut = lines.map((line) => line.slice(between.length + MARGIN_OF_PRINTER).trimEnd());
  // The lines of the borders are empty.
  return `${cut.filter((line) => line !== '').join('\n')}\n`;
}

function isWorthwhile({ optional, texts }: { optional?: string; texts: readonly string[] }): boolean {
  if (optional === undefined) return true;
  if (texts.every((text) => text === '')) return false;
  return optional === 'empty' || texts.some((text) => text !== texts[0]);
}

/** The widths of the columns. What is too much for the terminal is taken from the widest ones, first of those that may be cut. */
function layoutOf<Row>(
  columns: readonly (Column<Row> & { readonly texts: readonly string[] })[],
  available = Number.POSITIVE_INFINITY,
): { readonly widths: readonly number[]; readonly gap: number } {
  const widths = columns.map(({ head, texts }) => Math.max(head.length, ...texts.map(widthOf)));
  const total = widths.reduce((sum, width) => sum + width, 0);
  const gaps = widths.length - 1;
  if (total + GAP * gaps <= available) return { widths, gap: GAP };
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
