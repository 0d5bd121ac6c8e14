import { expect, it } from 'vitest';
import { inSlices } from '../../../src/lib/slices.ts';

const CHUNKS = 20;

/** Chunks that are all available at once. */
async function* chunks(): AsyncGenerator<number> {
  for (let chunk = 0; chunk < CHUNKS; chunk += 1) yield chunk;
}

it('slices let other work run between chunks, and pass on all chunks in order', async () => {
  let turns = 0;
  let counting = setImmediate(function count() {
    turns += 1;
    counting = setImmediate(count);
  });
  const taken: number[] = [];
  for await (const chunk of inSlices(chunks())) {
    taken.push(chunk);
    for (const end = performance.now() + 4; performance.now() < end; );
  }
  clearImmediate(counting);
  expect(taken).toEqual(Array.from({ length: CHUNKS }, (_, chunk) => chunk));
  expect(turns).toBeGreaterThanOrEqual(CHUNKS - 1);
});
