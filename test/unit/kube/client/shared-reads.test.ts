import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SharedReads } from '../../../../src/kube/client/shared-reads.ts';
import { Turns } from '../../../../src/kube/client/turns.ts';
import { KubeBusyError } from '../../../../src/kube/kube-errors.ts';
import { flush } from '../../../support/kube/scripted-api.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Reads that take a second each and count themselves. */
function countedReads() {
  const reads = new SharedReads<number>(new Turns(8, 8), 1_000);
  let count = 0;
  const read = async () => {
    count += 1;
    const result = count;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    if (result === 3) throw new Error('third');
    return result;
  };
  return {
    begun: () => count,
    /** @param maxAgeMs the maximum time since the read began */
    ask: (maxAgeMs: number, key = 'key') => reads.read('alice', key, performance.now() - maxAgeMs, read),
  };
}

describe('SharedReads', () => {
  it('joins a running read that began recently enough', async () => {
    const { ask, begun } = countedReads();
    const first = ask(0);
    await vi.advanceTimersByTimeAsync(500);
    const second = ask(600);
    await vi.advanceTimersByTimeAsync(500);
    expect([(await first).value, (await second).value]).toEqual([1, 1]);
    expect(begun()).toBe(1);
  });

  it('lets all callers for whom the running read is too old share the next one', async () => {
    const { ask, begun } = countedReads();
    const first = ask(0);
    await vi.advanceTimersByTimeAsync(500);
    const askedAt = performance.now();
    const later = Array.from({ length: 1_000 }, () => ask(0));
    expect(begun()).toBe(1);
    await vi.advanceTimersByTimeAsync(1_500);
    expect((await first).value).toBe(1);
    for (const { value, startedAt } of await Promise.all(later)) {
      expect(value).toBe(2);
      expect(startedAt).toBeGreaterThanOrEqual(askedAt);
    }
    expect(begun()).toBe(2);
  });

  it('runs reads of different keys concurrently', async () => {
    const { ask, begun } = countedReads();
    const both = [ask(0, 'a'), ask(0, 'b')];
    expect(begun()).toBe(2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await Promise.all(both)).map(({ value }) => value)).toEqual([1, 2]);
  });

  it('starts a new read if none is running, and after a failure', async () => {
    const { ask } = countedReads();
    for (const expected of [1, 2]) {
      const read = ask(60_000);
      await vi.advanceTimersByTimeAsync(1_000);
      expect((await read).value).toBe(expected);
    }
    const failing = expect(ask(0)).rejects.toThrow('third');
    await vi.advanceTimersByTimeAsync(500);
    const following = ask(0);
    await vi.advanceTimersByTimeAsync(1_500);
    await failing;
    expect((await following).value).toBe(4);
  });
});

describe('SharedReads of several identities', () => {
  /** Reads that the test ends, in four places, two per identity. Two may wait per identity. */
  function heldReads() {
    const reads = new SharedReads<string>(new Turns(4, 8), 1_000);
    const running: (() => void)[] = [];
    let count = 0;
    return {
      /** Ends the read that began first, and returns how many have begun. */
      endFirst: async () => {
        running.shift()?.();
        await flush();
        return count;
      },
      begun: () => count,
      ask: (identity: string, key: string, maxAgeMs = 0) =>
        reads.read(identity, key, performance.now() - maxAgeMs, () => {
          count += 1;
          const { promise, resolve } = Promise.withResolvers<string>();
          running.push(() => resolve(`${key} for ${identity}`));
          return promise;
        }),
    };
  }

  it('do not fail because the queue of another identity is full, even if they read the same', async () => {
    const { ask, endFirst, begun } = heldReads();
    const flood = Array.from({ length: 6 }, (_, index) =>
      ask('flooder', `d-${index}`).catch((error) => error),
    );
    expect(begun()).toBe(2);
    // The read of the flooder is refused because its queue is full. d-3 waits in that queue.
    const others = [ask('bob', 'd-5', 60_000), ask('bob', 'd-3', 60_000)];
    expect(begun()).toBe(4);
    await flush();
    expect(await flood[5]).toBeInstanceOf(KubeBusyError);
    for (let ended = 0; ended < 6; ended += 1) await endFirst();
    expect((await Promise.all(others)).map(({ value }) => value)).toEqual(['d-5 for bob', 'd-3 for bob']);
    // It got its turn while the read of bob was running, and joined that read.
    expect(await flood[3]).toMatchObject({ value: 'd-3 for bob' });
  });

  it('share a single read that follows the running one', async () => {
    const { ask, endFirst, begun } = heldReads();
    const first = ask('a', 'list');
    await vi.advanceTimersByTimeAsync(1);
    const later = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((identity) => [
      ask(identity, 'list'),
      ask(identity, 'list'),
    ]);
    expect(await endFirst()).toBe(2);
    expect((await first).startedAt).toBe(0);
    await endFirst();
    for (const { startedAt, value } of await Promise.all(later))
      expect({ startedAt, value }).toEqual({ startedAt: 1, value: 'list for a' });
    expect(begun()).toBe(2);
  });

  it('never get a read that began before they asked, even if they share the wait of an earlier caller', async () => {
    const { ask, endFirst } = heldReads();
    const flood = ['x', 'y'].map((key) => ask('bob', key));
    const early = ask('bob', 'list');
    await vi.advanceTimersByTimeAsync(1);
    const other = ask('alice', 'list');
    await vi.advanceTimersByTimeAsync(1);
    const late = ask('bob', 'list');
    await endFirst();
    for (let ended = 0; ended < 3; ended += 1) await endFirst();
    await Promise.all([...flood, early, other]);
    expect((await other).startedAt).toBe(1);
    expect((await late).startedAt).toBe(2);
  });
});
