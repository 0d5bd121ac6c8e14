import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ResourceVersionWaiters } from '../../src/cluster/resource-version-waiters.ts';
import { holds } from './helpers/property.ts';
import { flush } from './helpers/scripted-api.ts';

let waiters: ResourceVersionWaiters;

beforeEach(() => {
  vi.useFakeTimers();
  waiters = new ResourceVersionWaiters();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('a wait', () => {
  it.each([
    { wanted: '10', current: '10' },
    { wanted: '9', current: '10' },
    { wanted: 'opaque', current: 'opaque' },
  ])('for $wanted is over at once when $current has been reached', async ({ wanted, current }) => {
    expect(await waiters.wait(wanted, current, 1_000)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('for an opaque resourceVersion that is not the current one is not begun', async () => {
    expect(await waiters.wait('opaque', '10', 1_000)).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('begins before anything has been reached', async () => {
    const wait = waiters.wait('10', '', 1_000);
    waiters.reached('10');
    expect(await wait).toBe(true);
  });

  it('ends with false after its limit, not before, and leaves nothing behind', async () => {
    const ended = vi.fn();
    const wait = waiters.wait('10', '9', 1_000).then(ended);
    await vi.advanceTimersByTimeAsync(999);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await wait;
    expect(ended).toHaveBeenCalledExactlyOnceWith(false);
    waiters.reached('10');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends with false as soon as its signal is aborted, and takes no other wait with it', async () => {
    const abort = new AbortController();
    const others = [waiters.wait('9', '1', 1_000), waiters.wait('11', '1', 1_000)];
    const wait = waiters.wait('10', '1', 1_000, abort.signal);
    abort.abort();
    expect(await wait).toBe(false);
    waiters.reached('11');
    expect(await Promise.all(others)).toEqual([true, true]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not begun with a signal that is aborted already', async () => {
    expect(await waiters.wait('10', '1', 1_000, AbortSignal.abort())).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves no listener on the signal of a long-lived caller', async () => {
    const { signal } = new AbortController();
    const remove = vi.spyOn(signal, 'removeEventListener');
    const wait = waiters.wait('10', '1', 1_000, signal);
    waiters.reached('10');
    await wait;
    expect(remove).toHaveBeenCalledOnce();
  });

  it('ends with false for all when nothing more will come', async () => {
    const waits = [waiters.wait('10', '1', 1_000), waiters.wait('20', '1', 1_000)];
    waiters.releaseAll();
    expect(await Promise.all(waits)).toEqual([false, false]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not ended by an opaque resourceVersion', async () => {
    const ended = vi.fn();
    void waiters.wait('10', '1', 1_000).then(ended);
    waiters.reached('opaque');
    await flush();
    expect(ended).not.toHaveBeenCalled();
    waiters.releaseAll();
  });
});

describe('an event', () => {
  it('ends the waits for its resourceVersion and for earlier ones, in any order of their coming', async () => {
    const version = fc.integer({ min: 1, max: 40 });
    await holds(
      fc.asyncProperty(fc.array(version, { maxLength: 30 }), version, async (wanted, reached) => {
        const released: number[] = [];
        for (const each of wanted) {
          void waiters.wait(String(each), '', 1_000).then((seen) => seen && released.push(each));
        }
        waiters.reached(String(reached));
        await flush();
        expect(released).toEqual(wanted.filter((each) => each <= reached).sort((a, b) => a - b));
        waiters.releaseAll();
      }),
    );
  });

  it('touches only the waits that it ends, however many there are', async () => {
    const waits = Array.from({ length: 10_000 }, (_, index) => waiters.wait(String(index + 1), '', 60_000));
    const cleared = vi.spyOn(globalThis, 'clearTimeout');
    for (let version = 1; version <= 10_000; version += 1) {
      waiters.reached(String(version));
      expect(cleared).toHaveBeenCalledTimes(version);
    }
    expect(new Set(await Promise.all(waits))).toEqual(new Set([true]));
    expect(vi.getTimerCount()).toBe(0);
  });
});
