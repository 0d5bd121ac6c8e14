import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long one after the other may be taken before others have a turn of the event loop. */
const SLICE_MS = 3;

/**
 * The same chunks, with turns of the event loop for others between them. Node hands on megabytes of one connection in one
 * turn, for as long as somebody takes them.
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
