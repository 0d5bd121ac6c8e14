import { setImmediate } from 'node:timers';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** How much time of one turn of the event loop may be used. */
const SLICE_MS = 3;

/**
 * Yields the same items, but lets the event loop turn in between. Otherwise Node would pass on megabytes from one
 * connection in a single turn, and other connections would have to wait.
 */
export async function* inSlices<T>(items: AsyncIterable<T>): AsyncGenerator<T, void> {
  /** When the time in this turn is over, on the clock of performance.now(); undefined: none of it has been used. */
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

/**
 * Creates a function to await between pieces of a long work: it lets the event loop turn if the work has used its time in
 * the present turn.
 */
export function pauses(): () => Promise<void> | undefined {
  let endsAt = performance.now() + SLICE_MS;
  /** All parts of the work that wait go on in the same turn, and share its time. */
  let turn: Promise<void> | undefined;
  return () => {
    if (performance.now() < endsAt) return undefined;
    turn ??= nextTurn().then(() => {
      endsAt = performance.now() + SLICE_MS;
      turn = undefined;
    });
    return turn;
  };
}
