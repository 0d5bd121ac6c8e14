import { describe, expect, it, onTestFinished } from 'vitest';
import { type AtRestOptions, FileWatch, readAtRest } from '../../../src/lib/file-watch.ts';
import { until } from '../../support/until.ts';

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

describe('a file watch', () => {
  it('looks at once, and again after each pause', async () => {
    let looks = 0;
    const look = async () => {
      looks += 1;
    };
    const patient = new FileWatch({ look, pollMs: 2_000_000_000 });
    patient.start();
    expect(looks).toBe(1);
    await patient.stop();
    const watch = new FileWatch({ look, pollMs: 1 });
    onTestFinished(() => watch.stop());
    watch.start();
    await until(() => looks >= 4);
  });

  it('takes one look at a time, and waits for it when it is stopped', async () => {
    let looking = 0;
    let most = 0;
    const looks: PromiseWithResolvers<void>[] = [];
    const watch = new FileWatch({
      look: async () => {
        looking += 1;
        most = Math.max(most, looking);
        const look = Promise.withResolvers<void>();
        looks.push(look);
        await look.promise;
        looking -= 1;
      },
      pollMs: 0,
    });
    watch.start();
    looks[0]?.resolve();
    await until(() => looks.length === 2);
    const stopped = watch.stop().then(() => looking);
    looks[1]?.resolve();
    expect(await stopped).toBe(0);
    expect(looks).toHaveLength(2);
    expect(most).toBe(1);
  });

  it('tells the look in progress that it is stopped', async () => {
    let signal: AbortSignal | undefined;
    const watch = new FileWatch({
      look: async (given) => {
        signal = given;
      },
    });
    watch.start();
    expect(signal?.aborted).toBe(false);
    await watch.stop();
    expect(signal?.aborted).toBe(true);
  });

  it('that was never started can be stopped', async () => {
    await new FileWatch({ look: () => Promise.reject(new Error('looked')) }).stop();
  });
});
