import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Backoff } from '../../../../src/kube/reflector/backoff.ts';

const MINUTE = 60_000;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** With this the delays are their upper bounds. */
function withoutJitter(): void {
  vi.spyOn(Math, 'random').mockReturnValue(1);
}

function delays(backoff: Backoff, count: number): number[] {
  return Array.from({ length: count }, () => backoff.failed());
}

describe('the wait before a retry', () => {
  it('is at most 800 ms, twice as long with each failure, and at most 3 s', () => {
    withoutJitter();
    expect(delays(new Backoff(), 5)).toEqual([800, 1_600, 3_000, 3_000, 3_000]);
  });

  it('is at most 3 s in the first 5 minutes of an outage, then doubles on to 30 s', () => {
    withoutJitter();
    const backoff = new Backoff();
    delays(backoff, 3);
    vi.advanceTimersByTime(5 * MINUTE - 1);
    expect(backoff.failed()).toBe(3_000);
    vi.advanceTimersByTime(1);
    expect(delays(backoff, 4)).toEqual([12_800, 25_600, 30_000, 30_000]);
  });

  it('stays at 30 s however long the outage lasts', () => {
    withoutJitter();
    const backoff = new Backoff();
    vi.advanceTimersByTime(6 * MINUTE);
    expect(delays(backoff, 10_000).at(-1)).toBe(30_000);
  });

  it('is drawn from the whole range between 1 ms and its bound', () => {
    const random = vi.spyOn(Math, 'random');
    const drawn = [0, 0.5, 1].map((value) => {
      random.mockReturnValue(value);
      return new Backoff().failed();
    });
    expect(drawn).toEqual([1, 400.5, 800]);
  });

  it('counts an outage from when the API server last spoke, not from the start', () => {
    withoutJitter();
    const backoff = new Backoff();
    delays(backoff, 10);
    vi.advanceTimersByTime(60 * MINUTE);
    backoff.succeeded();
    vi.advanceTimersByTime(MINUTE);
    expect(backoff.failed()).toBe(3_000);
  });
});

describe('the doubling', () => {
  it('starts afresh after 2 minutes of health', () => {
    withoutJitter();
    const backoff = new Backoff();
    delays(backoff, 5);
    backoff.succeeded();
    vi.advanceTimersByTime(MINUTE);
    backoff.succeeded();
    vi.advanceTimersByTime(MINUTE);
    expect(delays(backoff, 2)).toEqual([800, 1_600]);
  });

  it('goes on after less than 2 minutes of health', () => {
    withoutJitter();
    const backoff = new Backoff();
    delays(backoff, 1);
    backoff.succeeded();
    vi.advanceTimersByTime(2 * MINUTE - 1);
    expect(backoff.failed()).toBe(1_600);
  });

  it('does not take short times of health together', () => {
    withoutJitter();
    const backoff = new Backoff();
    delays(backoff, 5);
    for (let time = 0; time < 5; time += 1) {
      backoff.succeeded();
      vi.advanceTimersByTime(MINUTE);
      expect(backoff.failed()).toBe(3_000);
    }
  });
});
