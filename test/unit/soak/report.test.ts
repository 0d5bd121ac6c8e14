import { describe, expect, it } from 'vitest';
import { linearFit } from '../../soak/soak/linear-fit.ts';
import { wasStarved } from '../../soak/soak/process-figures.ts';
import { withReport } from '../../soak/soak/publish.ts';
import { faultsIn, MAX_MORE_DESCRIPTORS, MAX_SLOPE, memorySlope } from '../../soak/soak/report.ts';
import { Tallies } from '../../soak/soak/tallies.ts';
import { Timeline } from '../../soak/soak/timeline.ts';

/** An hour of figures, one per 5 s, with a saw of garbage that is the same in each minute. */
function figures(mibPerHour: number) {
  return Array.from({ length: 720 }, (_, index) => ({
    minute: index / 12,
    residentMib: 120 + (mibPerHour * index) / 720 + (index % 12) + (Math.floor(index / 12) % 3),
    anonymousMib: 70,
    fileMib: 50,
    heapTotalMib: 60,
    heapMib: 50,
    externalMib: 5,
    descriptors: 100,
    sockets: 60,
    cpuSeconds: index,
    loopP99Ms: 10,
    loopMaxMs: 20,
  }));
}
const quietPoints = (...descriptors: readonly number[]) =>
  descriptors.map((each, index) => ({
    minute: 12 + index,
    residentMib: 120,
    descriptors: each,
    sockets: 30,
  }));

describe('the line through the memory', () => {
  it('has the slope of the points, and a margin that is zero only if they lie on it', () => {
    const exact = linearFit([0, 1, 2, 3].map((x) => [x, 5 + 2 * x]));
    expect(exact.slope).toBeCloseTo(2);
    expect(exact.intercept).toBeCloseTo(5);
    expect(exact.margin).toBeCloseTo(0);
    // Slope and margin of this example are those of R: lm(c(1, 2, 2, 4) ~ c(0, 1, 2, 3)), confint.
    const rough = linearFit([
      [0, 1],
      [1, 2],
      [2, 2],
      [3, 4],
    ]);
    expect(rough.slope).toBeCloseTo(0.9);
    expect(rough.margin).toBeCloseTo(1.136, 2);
  });

  it('says nothing with two points', () => {
    expect(
      linearFit([
        [0, 1],
        [1, 9],
      ]).margin,
    ).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a soak fails', () => {
  const judged = (mibPerHour: number, points = quietPoints(80, 80)) =>
    faultsIn({ figures: figures(mibPerHour), quietPoints: points, warmAt: 12 });

  it('if the memory certainly grows, and not for the saw of garbage', () => {
    expect(judged(0)).toEqual([]);
    expect(judged(MAX_SLOPE / 2)).toEqual([]);
    expect(judged(MAX_SLOPE + 4)).toEqual([expect.stringContaining('memory grows by')]);
  });

  it('if descriptors are left over', () => {
    expect(judged(0, quietPoints(80, 90, 80 + MAX_MORE_DESCRIPTORS))).toEqual([]);
    expect(judged(0, quietPoints(80, 81, 81 + MAX_MORE_DESCRIPTORS))).toEqual([
      expect.stringContaining('more descriptors'),
    ]);
  });
});

describe('an error code', () => {
  const timeline = new Timeline();
  timeline.begin('etcd paused', 100)(200);

  it('is expected if a fault that may cause it was made during the request', () => {
    expect(timeline.expects('OUTCOME_UNKNOWN', 90, 110)).toBe(true);
    expect(timeline.expects('OUTCOME_UNKNOWN', 190, 300)).toBe(true);
  });

  it('is unexpected without a fault, and for a fault that does not cause it', () => {
    expect(timeline.expects('OUTCOME_UNKNOWN', 10, 90)).toBe(false);
    expect(timeline.expects('OUTCOME_UNKNOWN', 201, 300)).toBe(false);
    expect(timeline.expects('INTERNAL_ERROR', 120, 130)).toBe(false);
  });
});

it('the parts of the memory have slopes of their own', () => {
  const result = { figures: figures(9), warmAt: 12 };
  expect(memorySlope(result).slope).toBeCloseTo(9, 0);
  expect(memorySlope(result, ({ heapMib }) => heapMib).slope).toBeCloseTo(0);
});

describe('the time in which the machine was too busy', () => {
  const timeline = new Timeline();
  timeline.begin('machine too busy', 100)(200);
  timeline.note('machine too busy', 150, 250);
  timeline.note('etcd paused', 0, 1_000);
  const end = timeline.begin('machine too busy', 400);

  it('is counted once where it was noted twice, and only between the two times', () => {
    expect(timeline.busyMs(0, 300)).toBe(150);
    expect(timeline.busyMs(120, 210)).toBe(90);
    expect(timeline.busyMs(260, 390)).toBe(0);
  });

  it('counts until now before it has ended', () => {
    expect(timeline.busyMs(260, 500)).toBe(100);
    end(450);
    expect(timeline.busyMs(260, 500)).toBe(50);
  });

  it('is known from an event loop that stands although its process does not work', () => {
    const [first, second] = figures(0);
    if (first === undefined || second === undefined) throw new Error('there are figures');
    const later = (cpuSeconds: number, loopMaxMs: number) => ({
      ...second,
      cpuSeconds: first.cpuSeconds + cpuSeconds,
      loopMaxMs,
    });
    expect(wasStarved(first, later(0.5, 3_000))).toBe(true);
    expect(wasStarved(first, later(0.5, 0))).toBe(true);
    expect(wasStarved(first, later(4.5, 3_000))).toBe(false); // it worked all the time
    expect(wasStarved(first, later(0.5, 100))).toBe(false);
  });
});

it('the times of answers are kept by quiet and by fault', () => {
  const tallies = new Tallies();
  for (let ms = 1; ms <= 100; ms += 1) tallies.add('count', 'quiet', undefined, ms);
  tallies.add('count', 'etcd paused', 'KUBERNETES_TIMEOUT', 4_000);
  expect(tallies.kinds).toEqual([
    { kind: 'count', requests: 101, quiet: { p50: 50, p99: 99 }, faulty: { p50: 4_000, p99: 4_000 } },
  ]);
  expect(tallies.codes).toEqual([{ phase: 'etcd paused', code: 'KUBERNETES_TIMEOUT', count: 1 }]);
});

it('the report replaces what is between its markers, and a document without them is refused', () => {
  const text = 'before\n<!-- soak:begin -->\nold\n<!-- soak:end -->\nafter\n';
  expect(withReport(text, 'new')).toBe('before\n<!-- soak:begin -->\n\nnew\n\n<!-- soak:end -->\nafter\n');
  expect(() => withReport('nothing', 'new')).toThrow('has no markers');
});
