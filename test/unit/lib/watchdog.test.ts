import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Watchdog } from '../../../src/lib/watchdog.ts';

const reason = new Error('too slow');
let watchdog: Watchdog;

beforeEach(() => {
  vi.useFakeTimers();
  watchdog = new Watchdog();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('a watchdog', () => {
  it('aborts its signal with the given reason when its time is over, not before', () => {
    watchdog.start(1_000, reason);
    vi.advanceTimersByTime(999);
    expect(watchdog.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(watchdog.signal.aborted).toBe(true);
    expect(watchdog.signal.reason).toBe(reason);
  });

  it('does nothing before it is started', () => {
    watchdog.refresh();
    watchdog.clear();
    expect(vi.getTimerCount()).toBe(0);
    expect(watchdog.signal.aborted).toBe(false);
  });

  it('begins its whole time again at each refresh', () => {
    watchdog.start(1_000, reason);
    for (let count = 0; count < 3; count += 1) {
      vi.advanceTimersByTime(999);
      watchdog.refresh();
    }
    expect(watchdog.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1_000);
    expect(watchdog.signal.reason).toBe(reason);
  });

  it('replaces its time and its reason when it is started again', () => {
    const later = new Error('still too slow');
    watchdog.start(1_000, reason);
    watchdog.start(5_000, later);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(4_999);
    expect(watchdog.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(watchdog.signal.reason).toBe(later);
  });

  it('never aborts once it is cleared, and leaves no timer, even if it is refreshed afterwards', () => {
    watchdog.start(1_000, reason);
    watchdog.clear();
    watchdog.refresh();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(10_000);
    expect(watchdog.signal.aborted).toBe(false);
  });

  it('can be started after it was cleared', () => {
    watchdog.start(1_000, reason);
    watchdog.clear();
    watchdog.start(1_000, reason);
    vi.advanceTimersByTime(1_000);
    expect(watchdog.signal.reason).toBe(reason);
  });

  it('keeps one signal for its whole life', () => {
    const { signal } = watchdog;
    watchdog.start(1_000, reason);
    watchdog.clear();
    watchdog.start(1_000, reason);
    vi.advanceTimersByTime(1_000);
    expect(watchdog.signal).toBe(signal);
  });
});
