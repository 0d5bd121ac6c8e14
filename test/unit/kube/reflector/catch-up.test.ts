import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CatchUp } from '../../../../src/kube/reflector/catch-up.ts';

let confirmed: number[];
const confirm = (at: number) => void confirmed.push(at);

beforeEach(() => {
  vi.useFakeTimers();
  confirmed = [];
});

afterEach(() => {
  vi.useRealTimers();
});

/** A watch that opened 2 s after the API server was asked for its position, which was 100. */
function opened(): { catchUp: CatchUp; askedAt: number } {
  const askedAt = performance.now();
  vi.advanceTimersByTime(2_000);
  return { catchUp: new CatchUp(confirm, { resourceVersion: '100', askedAt }), askedAt };
}

describe('a watch that catches up', () => {
  it('confirms nothing by events before the position of the API server', () => {
    const { catchUp } = opened();
    for (const version of ['50', '99']) catchUp.seen(version, false);
    expect(confirmed).toEqual([]);
  });

  it('confirms the time of the question by the event that reaches the position', () => {
    const { catchUp, askedAt } = opened();
    vi.advanceTimersByTime(30_000);
    catchUp.seen('100', false);
    expect(confirmed).toEqual([askedAt]);
  });

  it('confirms the present, minus the time between question and watch, by an event beyond the position', () => {
    const { catchUp } = opened();
    vi.advanceTimersByTime(30_000);
    catchUp.seen('101', false);
    expect(confirmed).toEqual([performance.now() - 2_000]);
  });

  it('confirms the present by a bookmark, and by every event after it', () => {
    const { catchUp } = opened();
    catchUp.seen('60', true);
    vi.advanceTimersByTime(1_000);
    catchUp.seen('61', false);
    expect(confirmed).toEqual([performance.now() - 1_000, performance.now()]);
  });

  it('confirms nothing before a bookmark if the position is unknown', () => {
    const catchUp = new CatchUp(confirm, undefined);
    catchUp.seen('100', false);
    expect(confirmed).toEqual([]);
    catchUp.seen('100', true);
    expect(confirmed).toEqual([performance.now()]);
  });

  it('confirms nothing by an opaque resourceVersion that differs from the position', () => {
    const askedAt = performance.now();
    const catchUp = new CatchUp(confirm, { resourceVersion: 'beta', askedAt });
    catchUp.seen('gamma', false);
    expect(confirmed).toEqual([]);
    catchUp.seen('beta', false);
    expect(confirmed).toEqual([askedAt]);
  });
});
