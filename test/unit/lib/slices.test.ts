import { afterEach, expect, it, vi } from 'vitest';
import { inSlices } from '../../../src/lib/slices.ts';

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
