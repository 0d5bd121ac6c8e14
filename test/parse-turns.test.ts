import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ParseTurns, type Parsing } from '../src/parse-turns.ts';

/** What a piece costs here: a turn of the event loop has time for two. */
const PIECE_MS = 1;

let turns: ParseTurns;
let now: number;
/** Whose pieces were parsed, in order. */
let parsed: string[];

beforeEach(() => {
  now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  turns = new ParseTurns();
  parsed = [];
});
afterEach(async () => {
  let before: number;
  do {
    before = parsed.length;
    await nextTurn();
  } while (parsed.length > before);
  vi.restoreAllMocks();
});

/** A connection that has just brought so many pieces. */
function bring(client: string, pieces: number): Parsing {
  let left = pieces;
  const parse = () => {
    left -= 1;
    now += PIECE_MS;
    parsed.push(client);
  };
  const connection: Parsing = {
    client,
    parsePiece: () => {
      parse();
      return left > 0;
    },
  };
  while (left > 0 && turns.take(connection)) parse();
  return connection;
}

it('pieces are parsed as they come in while the turn of the event loop has time for them', async () => {
  bring('a', 1);
  bring('b', 1);
  expect(parsed).toEqual(['a', 'b']);
  await nextTurn();
  bring('a', 1);
  bring('b', 1);
  expect(parsed).toEqual(['a', 'b', 'a', 'b']);
});

it('what a turn has no time for is left to the next ones', async () => {
  bring('a', 5);
  expect(parsed).toHaveLength(2);
  await nextTurn();
  expect(parsed).toHaveLength(4);
  await nextTurn();
  expect(parsed).toHaveLength(5);
});

it('clients take turns, however much one of them has brought and on however many connections', async () => {
  for (let count = 0; count < 3; count += 1) bring('a', 5);
  bring('b', 2);
  bring('c', 1);
  parsed = [];
  await nextTurn();
  await nextTurn();
  expect(parsed).toEqual(['a', 'b', 'c', 'a']);
  await nextTurn();
  expect(parsed).toEqual(['a', 'b', 'c', 'a', 'b', 'a']);
});

it('a client does not overtake those who wait', async () => {
  bring('a', 3);
  bring('b', 1);
  expect(parsed).toEqual(['a', 'a']);
  await nextTurn();
  expect(parsed).toEqual(['a', 'a', 'a', 'b']);
});

it('a connection that is closed is forgotten', async () => {
  const connection = bring('a', 3);
  turns.remove(connection);
  await nextTurn();
  expect(parsed).toEqual(['a', 'a']);
});
