import { setImmediate } from 'node:timers';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** How much of one turn of the event loop may be used. */
const SLICE_MS = 3;

/**
 * The same items, with turns of the event loop for others between them. Node hands on megabytes of one connection in one
 * turn, for as long as somebody takes them.
 */
export async function* inSlices<T>(items: AsyncIterable<T>): AsyncGenerator<T, void> {
  /** When the time of this turn is over; undefined: none of it has been used. */
  let endsAt: number | undefined;
  for await (const item of items) {
    if (endsAt === undefined) {
      endsAt = performance.now() + SLICE_MS;
      setImmediate(() => {
        endsAt = undefined;
      });
    }
    yield item;
    if (endsAt !== undefined && performance.now() >= endsAt) await nextTurn();
  }
}
