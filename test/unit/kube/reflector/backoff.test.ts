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

/** Makes each delay equal to its upper bound. */
function withoutJitter(): void {
  vi.spyOn(Math, 'random').mockReturnValue(1);
}

function delays(backoff: Backoff, count: number): number[] {
  return Array.from({ length: count }, () => backoff.failed());
}

describe('the wait before a retry', () => {
  it('has a bound of 800 ms that doubles with each failure, up to 3 s', () => {
    withoutJitter();
    expect(delays(new Backoff(), 5)).toEqual([800, 1_600, 3_000, 3_000, 3_000]);
  });

  it('has a bound of 3 s in the first 5 minutes of an outage, which then doubles up to 30 s', () => {
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

  it('is random over the whole range from 1 ms to its bound', () => {
    const random = vi.spyOn(Math, 'random');
    const drawn = [0, 0.5, 1].map((value) => {
      random.mockReturnValue(value);
      return new Backoff().failed();
    });
    expect(drawn).toEqual([1, 400.5, 800]);
  });

  it('measures an outage from the last answer of the API server, not from the start', () => {
    withoutJitter();
    const backoff = new Backoff();
    delays(backoff, 10);
    vi.advanceTimersByTime(60 * MINUTE);
    backoff.succeeded();
    vi.advanceTimersByTime(MINUTE);
    expect(backoff.failed()).toBe(3_000);
  });
});

describe('the doubling of the wait before a retry', () => {
  it('starts over after 2 minutes of health', () => {
    withoutJitter();
    const backoff = new Backoff();
    delays(backoff, 5);
    backoff.succeeded();
    vi.advanceTimersByTime(MINUTE);
    backoff.succeeded();
    vi.advanceTimersByTime(MINUTE);
    expect(delays(backoff, 2)).toEqual([800, 1_600]);
  });

  it('continues after less than 2 minutes of health', () => {
    withoutJitter();
    const backoff = new Backoff();
    delays(backoff, 1);
    backoff.succeeded();
    vi.advanceTimersByTime(2 * MINUTE - 1);
    expect(backoff.failed()).toBe(1_600);
  });

  it('does not add up short periods of health', () => {
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
