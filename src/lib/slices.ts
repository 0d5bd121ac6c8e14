import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long chunks are handed on before other work gets a turn of the event loop. */
const SLICE_MS = 3;

/**
 * Hands on the same chunks, and gives other work a turn of the event loop between them. Node itself would hand on
 * megabytes of one connection in one turn, for as long as they are taken.
 */
export async function* inSlices<T>(chunks: AsyncIterable<T>): AsyncGenerator<T, void> {
  let endsAt = performance.now() + SLICE_MS;
  for await (const chunk of chunks) {
    yield chunk;
    if (performance.now() < endsAt) continue;
    await nextTurn();
    endsAt = performance.now() + SLICE_MS;
  }
}
