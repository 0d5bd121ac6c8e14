import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ResourceVersionWaiters } from '../../../../src/kube/reflector/resource-version-waiters.ts';
import { holds } from '../../../support/kube/property.ts';
import { flush } from '../../../support/kube/scripted-api.ts';

let waiters: ResourceVersionWaiters;

beforeEach(() => {
  vi.useFakeTimers();
  waiters = new ResourceVersionWaiters();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('a wait for a resourceVersion', () => {
  it.each([
    { wanted: '10', current: '10' },
    { wanted: '9', current: '10' },
    { wanted: 'opaque', current: 'opaque' },
  ])('$wanted ends at once if $current has been reached', async ({ wanted, current }) => {
    expect(await waiters.wait(wanted, current, 1_000)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not begin if the resourceVersion is opaque and not the current one', async () => {
    expect(await waiters.wait('opaque', '10', 1_000)).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('begins even before any resourceVersion has been reached', async () => {
    const wait = waiters.wait('10', '', 1_000);
    waiters.reached('10');
    expect(await wait).toBe(true);
  });

  it('returns false at its limit, not before, and leaves nothing behind', async () => {
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

  it('returns false as soon as its signal is aborted, and does not end other waits', async () => {
    const abort = new AbortController();
    const others = [waiters.wait('9', '1', 1_000), waiters.wait('11', '1', 1_000)];
    const wait = waiters.wait('10', '1', 1_000, abort.signal);
    abort.abort();
    expect(await wait).toBe(false);
    waiters.reached('11');
    expect(await Promise.all(others)).toEqual([true, true]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not begin if its signal is already aborted', async () => {
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

  it('returns false for every waiter when the reflector stops', async () => {
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

describe('waits for resourceVersions that end in any way and order', () => {
  it('end no others: each returns true exactly if its resourceVersion is reached before it is given up', async () => {
    const step = fc.oneof(
      fc.record({ wait: fc.integer({ min: 1, max: 12 }) }),
      fc.record({ abort: fc.nat(20) }),
      fc.record({ reached: fc.integer({ min: 1, max: 12 }) }),
    );
    await holds(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const waits: { version: number; abort: AbortController; ended?: boolean; expected?: boolean }[] = [];
        let current = 0;
        for (const each of steps) {
          if ('wait' in each) {
            const wait: (typeof waits)[number] = { version: each.wait, abort: new AbortController() };
            if (each.wait <= current) wait.expected = true;
            waits.push(wait);
            void waiters
              .wait(String(each.wait), current === 0 ? '' : String(current), 1_000, wait.abort.signal)
              .then((reached) => {
                wait.ended = reached;
              });
          } else if ('abort' in each) {
            const wait = waits[each.abort];
            wait?.abort.abort();
            if (wait !== undefined) wait.expected ??= false;
          } else {
            current = Math.max(current, each.reached);
            waiters.reached(String(current));
            for (const wait of waits) if (wait.version <= current) wait.expected ??= true;
          }
          await flush();
          expect(waits.map(({ ended }) => ended)).toEqual(waits.map(({ expected }) => expected));
        }
        waiters.releaseAll();
        await flush();
        expect(waits.map(({ ended }) => ended)).toEqual(waits.map(({ expected = false }) => expected));
        expect(vi.getTimerCount()).toBe(0);
      }),
    );
  });
});

describe('a resourceVersion that is reached', () => {
  it('ends the waits for it and for earlier ones, in whatever order the waits began', async () => {
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
