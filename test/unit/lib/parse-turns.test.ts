import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ParseTurns, type Parsing } from '../../../src/lib/parse-turns.ts';

/** The default cost of a piece in these tests: a turn of the event loop has time for two. */
const PIECE_MS = 2.5;

let turns: ParseTurns;
let now: number;
/** The clients whose pieces were parsed, in order. */
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

/** A connection that has just received this number of pieces. @param hasBegunRequest whether they leave work to do */
function bring(client: string, pieces: number, pieceMs = PIECE_MS, hasBegunRequest = false): Parsing {
  let left = pieces;
  const parse = () => {
    left -= 1;
    now += pieceMs;
    parsed.push(client);
  };
  const connection: Parsing = {
    client,
    hasBegunRequest,
    parsePiece: () => {
      parse();
      return left > 0;
    },
  };
  while (left > 0 && turns.take(connection)) parse();
  return connection;
}

it('pieces are parsed as they arrive while the turn of the event loop has time for them', async () => {
  bring('a', 1);
  bring('b', 1);
  expect(parsed).toEqual(['a', 'b']);
  await nextTurn();
  bring('a', 1);
  bring('b', 1);
  expect(parsed).toEqual(['a', 'b', 'a', 'b']);
});

it('pieces for which a turn has no time are parsed in the next turns', async () => {
  bring('a', 5);
  expect(parsed).toHaveLength(2);
  await nextTurn();
  expect(parsed).toHaveLength(4);
  await nextTurn();
  expect(parsed).toHaveLength(5);
});

it('a turn that other work makes longer has more time for pieces, up to a limit', async () => {
  for (const [restMs, pieces] of [
    [90, 4],
    [10_000, 8],
  ] as const) {
    bring('a', 100);
    parsed = [];
    now += restMs;
    await nextTurn();
    expect(parsed).toHaveLength(pieces);
  }
});

it('clients take turns, however much one of them sends and however many connections it has', async () => {
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

it('a client that sends little is served at once, whenever it sends', async () => {
  bring('a', 100, 0.4);
  bring('b', 100, 0.4);
  for (let count = 0; count < 3; count += 1) {
    await nextTurn();
    parsed = [];
    for (const _connection of [1, 2, 3]) bring('c', 1, 0.1);
    await nextTurn();
    // The first piece of c waits for at most one piece of each other client, and the next ones come before theirs.
    expect(parsed.indexOf('c')).toBeLessThanOrEqual(2);
    expect(parsed.lastIndexOf('c')).toBeLessThanOrEqual(6);
  }
});

it('clients share time, not pieces, and time used while no other client waited is not held against them', async () => {
  bring('a', 1_000, 0.4);
  for (let count = 0; count < 5; count += 1) await nextTurn();
  bring('b', 1_000, 0.1);
  parsed = [];
  for (let count = 0; count < 10; count += 1) await nextTurn();
  const ofA = parsed.filter((client) => client === 'a').length * 0.4;
  const ofB = parsed.filter((client) => client === 'b').length * 0.1;
  expect(ofA / ofB).toBeCloseTo(1, 1);
});

it('a pause during a piece, such as a garbage collection, is not charged to its client', async () => {
  bring('a', 100, 0.4);
  bring('b', 1, 1_000);
  await nextTurn();
  await nextTurn();
  expect(parsed).toContain('b');
  bring('b', 3, 0.4);
  parsed = [];
  await nextTurn();
  expect(parsed.filter((client) => client === 'b')).toHaveLength(3);
});

/** The pieces of each client that were parsed in some turns, with other work after each. */
async function shares(clients: readonly string[], restMs: readonly number[]): Promise<number[]> {
  parsed = [];
  for (const ms of restMs) {
    await nextTurn();
    now += ms;
  }
  return clients.map((client) => parsed.filter((each) => each === client).length);
}

it('the work that pieces leave to do is charged to their clients', async () => {
  bring('leaves work', 10_000, 0.1, true);
  bring('is answered', 10_000, 0.1);
  const [few = 0, many = 0] = await shares(['leaves work', 'is answered'], Array(50).fill(20));
  expect(few).toBeGreaterThan(50);
  expect(many).toBeGreaterThan(10 * few);
});

it('a request is charged once, however many pieces it has', async () => {
  let pieces = 0;
  const long: Parsing = {
    client: 'long requests',
    // Each has a hundred pieces.
    get hasBegunRequest() {
      return pieces % 100 === 1;
    },
    parsePiece: () => {
      pieces += 1;
      now += 0.1;
      return true;
    },
  };
  while (turns.take(long)) long.parsePiece();
  bring('is answered', 10_000, 0.1);
  const [many = 0] = await shares(['is answered'], Array(50).fill(20));
  expect(pieces / many).toBeGreaterThan(0.5);
  turns.remove(long);
});

it('clients whose pieces leave the same work have the same share, whatever it is', async () => {
  bring('a', 10_000, 0.1, true);
  bring('b', 10_000, 0.1, true);
  const [a = 0, b = 0] = await shares(['a', 'b'], Array(50).fill(20));
  expect(a / b).toBeCloseTo(1, 1);
});

it('a pause between pieces, such as a garbage collection, is charged as a little work', async () => {
  bring('leaves work', 10_000, 0.4, true);
  bring('is answered', 10_000, 0.4);
  const ratioAfter = async (pauseMs: number) => {
    await shares([], Array(50).fill(2));
    await shares([], [pauseMs]);
    const [few = 0, many = 0] = await shares(['leaves work', 'is answered'], Array(50).fill(2));
    return few / many;
  };
  const usual = await ratioAfter(2);
  expect(await ratioAfter(60_000)).toBeGreaterThan(usual * 0.7);
});

it('a client does not overtake waiting clients', async () => {
  bring('a', 3);
  bring('b', 1);
  expect(parsed).toEqual(['a', 'a']);
  await nextTurn();
  expect(parsed).toEqual(['a', 'a', 'a', 'b']);
});

it('a closed connection is forgotten', async () => {
  const connection = bring('a', 3);
  turns.remove(connection);
  await nextTurn();
  expect(parsed).toEqual(['a', 'a']);
});
