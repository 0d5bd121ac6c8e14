import { expect, it } from 'vitest';
import { quoted } from '../../../src/lib/quoted.ts';

it('words of a command that is printed are quoted for the shell where that is needed', () => {
  expect([quoted('shop/cart'), quoted('a b'), quoted("it's"), quoted(''), quoted('$HOME')]).toEqual([
    'shop/cart',
    "'a b'",
    `'it'\\''s'`,
    "''",
    "'$HOME'",
  ]);
});
