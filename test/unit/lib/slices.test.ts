import { afterEach, expect, it, vi } from 'vitest';
import { inSlices, pauses } from '../../../src/lib/slices.ts';

const CHUNKS = 20;

afterEach(() => void vi.restoreAllMocks());

/** Chunks that are all available at once. */
async function* chunks(): AsyncGenerator<number> {
  for (let chunk = 0; chunk < CHUNKS; chunk += 1) yield chunk;
}

/** The chunks, by the turn of the event loop that took them. @param chunkMs how long the work on each takes */
async function takeAll(chunkMs: number): Promise<number[][]> {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const turns: number[][] = [[]];
  let counting = setImmediate(function count() {
    turns.push([]);
    counting = setImmediate(count);
  });
  for await (const chunk of inSlices(chunks())) {
    turns.at(-1)?.push(chunk);
    now += chunkMs;
  }
  clearImmediate(counting);
  return turns;
}

it.each([
  [1, 3],
  [2.9, 2],
  [4, 1],
])(
  'slices of chunks that take %d ms pass on all of them in order, %d per turn of the event loop',
  async (chunkMs, most) => {
    const turns = await takeAll(chunkMs);
    expect(turns.flat()).toEqual(Array.from({ length: CHUNKS }, (_, chunk) => chunk));
    expect(turns.filter((turn) => turn.length > 0)).toHaveLength(Math.ceil(CHUNKS / most));
    expect(Math.max(...turns.map((turn) => turn.length))).toBe(most);
  },
);

it.each([
  [1, 3],
  [2.9, 2],
  [4, 1],
])(
  'pauses of a work whose pieces take %d ms let the event loop turn after %d of them',
  async (pieceMs, most) => {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const turns = [0];
    let counting = setImmediate(function count() {
      turns.push(0);
      counting = setImmediate(count);
    });
    const pause = pauses();
    for (let piece = 0; piece < CHUNKS; piece += 1) {
      now += pieceMs;
      turns.push((turns.pop() ?? 0) + 1);
      await pause();
    }
    clearImmediate(counting);
    const worked = turns.filter((pieces) => pieces > 0);
    expect(Math.max(...worked)).toBe(most);
    expect(worked).toHaveLength(Math.ceil(CHUNKS / most));
  },
);

it('a pause is nothing to wait for while there is time left', () => {
  vi.spyOn(performance, 'now').mockReturnValue(0);
  expect(pauses()()).toBeUndefined();
});
