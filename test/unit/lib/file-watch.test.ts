import { expect, it } from 'vitest';
import { type AtRestOptions, readAtRest } from '../../../src/lib/file-watch.ts';

/** Reads these contents, one after the other. */
function reading(contents: Iterable<string>, options: Partial<AtRestOptions<string>> = {}) {
  const iterator = contents[Symbol.iterator]();
  let readings = 0;
  const read = async () => {
    readings += 1;
    const { value, done } = iterator.next();
    if (done) throw new Error('read too often');
    return value;
  };
  const result = readAtRest({
    read,
    same: (left, right) => left === right,
    known: (text) => text === 'old',
    settleMs: 1,
    signal: new AbortController().signal,
    ...options,
  });
  return result.then((text) => ({ text, readings }));
}

function* changing(): Generator<string> {
  for (let number = 0; ; number += 1) yield String(number);
}

it('reading files at rest returns contents once two readings agree', async () => {
  expect(await reading(['half', 'more', 'whole', 'whole'])).toEqual({ text: 'whole', readings: 4 });
});

it('reading files at rest returns known contents at once, even if they come back between two readings', async () => {
  expect(await reading(['old'])).toEqual({ text: 'old', readings: 1 });
  expect(await reading(['half', 'old'])).toEqual({ text: 'old', readings: 2 });
});

it('reading files at rest gives up after 50 readings, and returns contents that keep changing', async () => {
  expect(await reading(changing())).toEqual({ text: '49', readings: 50 });
});

it('reading files at rest returns nothing once it has been told to stop', async () => {
  const stop = new AbortController();
  const result = reading(['one', 'one'], { settleMs: 2_000_000_000, signal: stop.signal });
  stop.abort();
  expect((await result).text).toBeUndefined();
});
