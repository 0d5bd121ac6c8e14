import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SharedReads } from '../../src/cluster/shared-reads.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Reads that take a second each and count themselves. */
function countedReads() {
  const reads = new SharedReads<number>();
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
    /** @param maxAgeMs how long ago the read may have begun */
    ask: (maxAgeMs: number, key = 'key') => reads.read(key, performance.now() - maxAgeMs, read),
  };
}

describe('SharedReads', () => {
  it('joins a read that began late enough', async () => {
    const { ask, begun } = countedReads();
    const first = ask(0);
    await vi.advanceTimersByTimeAsync(500);
    const second = ask(600);
    await vi.advanceTimersByTimeAsync(500);
    expect([(await first).value, (await second).value]).toEqual([1, 1]);
    expect(begun()).toBe(1);
  });

  it('lets everybody to whom the running read is too old share the next one', async () => {
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

  it('reads different things side by side', async () => {
    const { ask, begun } = countedReads();
    const both = [ask(0, 'a'), ask(0, 'b')];
    expect(begun()).toBe(2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await Promise.all(both)).map(({ value }) => value)).toEqual([1, 2]);
  });

  it('starts anew when nothing is under way, and after a failure', async () => {
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
