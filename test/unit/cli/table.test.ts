import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { type Column, tableText } from '../../../src/cli/output/table.ts';
import { painter } from '../../../src/cli/output/text.ts';

interface Row {
  readonly name: string;
  readonly phase: string;
  readonly owner: string;
}

const paint = painter(true);
const COLUMNS: readonly Column<Row>[] = [
  { head: 'NAME', cell: ({ name }) => name },
  { head: 'PHASE', cell: ({ phase }) => paint('green', phase) },
  { head: 'LAST CHANGE', isCut: true, optional: 'empty', cell: ({ owner }) => owner },
];
const CART: Row = { name: 'cart', phase: 'stable', owner: 'HPA/cart' };
const LEDGER: Row = { name: 'ledger', phase: 'progressing', owner: 'Application/ledger-production' };

/** The lines without colours. */
async function linesOf(rows: readonly Row[], width: number | undefined): Promise<readonly string[]> {
  return stripVTControlCharacters(await tableText(COLUMNS, rows, width)).split('\n');
}

it('a program gets all columns and whole texts, with `-` for what there is not', async () => {
  expect(await linesOf([CART, { ...LEDGER, owner: '' }], undefined)).toEqual([
    'NAME     PHASE         LAST CHANGE',
    'cart     stable        HPA/cart',
    'ledger   progressing   -',
    '',
  ]);
});

it('a terminal gets no column that says nothing', async () => {
  expect(await linesOf([{ ...CART, owner: '' }], 80)).toEqual(['NAME   PHASE', 'cart   stable', '']);
});

it('what is too wide for a terminal is cut, heads and texts, and the columns stay in line', async () => {
  expect(await linesOf([CART, LEDGER], 29)).toEqual([
    'NAME    PHASE        LAST CH…',
    'cart    stable       HPA/cart',
    'ledger  progressing  Applica…',
    '',
  ]);
});

it('columns stay in line beside characters that are two cells wide', async () => {
  const [, wide, narrow] = await linesOf([{ ...CART, name: '店の在庫' }, LEDGER], undefined);
  expect(wide).toBe('店の在庫   stable        HPA/cart');
  expect(narrow).toBe('ledger     progressing   Application/ledger-production');
});

it('a text that is not cut keeps its colours', async () => {
  expect(await tableText(COLUMNS, [CART], 80)).toContain(paint('green', 'stable'));
});
