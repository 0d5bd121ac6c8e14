import { afterEach, describe, expect, it, vi } from 'vitest';
import { Buckets } from '../../../src/lib/buckets.ts';
import { Families } from '../../../src/observability/metrics/families.ts';
import { busyMetrics } from '../../support/docs/metrics-reference.ts';

const text = async (families: Families) => Buffer.concat(await families.text()).toString();

afterEach(() => {
  vi.restoreAllMocks();
});

describe('the text of the metrics', () => {
  it('has each metric with its series, as they are at the scrape', async () => {
    const families = new Families();
    const seconds = new Buckets([0.5, 1]);
    let open = 1;
    families.gauge({ name: 'open', help: 'Open ones', labels: {} }, (report) => report({}, open));
    families.counter({ name: 'made_total', help: 'Made ones', labels: { by: ['a', 'b'] } }, (report) => {
      report({ by: 'a' }, 3);
      report({ by: 'b' }, 0.5);
    });
    families.histogram({ name: 'seconds', help: 'How long', labels: { of: 'all' } }, (report) =>
      report({ of: '"x"\\\n' }, seconds),
    );
    open = 2;
    for (const value of [0.25, 0.5, 2]) seconds.add(value);
    expect(await text(families)).toBe(`# HELP open Open ones
# TYPE open gauge
open 2

# HELP made_total Made ones
# TYPE made_total counter
made_total{by="a"} 3
made_total{by="b"} 0.5

# HELP seconds How long
# TYPE seconds histogram
seconds_bucket{of="\\"x\\"\\\\\\n",le="0.5"} 2
seconds_bucket{of="\\"x\\"\\\\\\n",le="1"} 2
seconds_bucket{of="\\"x\\"\\\\\\n",le="+Inf"} 3
seconds_sum{of="\\"x\\"\\\\\\n"} 2.75
seconds_count{of="\\"x\\"\\\\\\n"} 3


`);
  });
});

describe('a scrape of many clusters', () => {
  it('lets the event loop turn between series, so that others get theirs', async () => {
    const metrics = await busyMetrics(10);
    // Every look at the clock takes a millisecond, so that a turn has a few of them.
    let now = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => ++now);
    let turns = 0;
    const turn = () => {
      turns += 1;
      next = setImmediate(turn);
    };
    let next = setImmediate(turn);
    const written: number[] = [];
    const { prototype } = Buckets;
    const cumulative = Object.getOwnPropertyDescriptor(prototype, 'cumulative')?.get;
    vi.spyOn(prototype, 'cumulative', 'get').mockImplementation(function (this: Buckets) {
      written[turns] = (written[turns] ?? 0) + 1;
      return cumulative?.call(this);
    });
    const pieces = await metrics.text();
    clearImmediate(next);
    expect(turns).toBeGreaterThan(100);
    expect(Math.max(...Object.values(written))).toBeLessThan(10);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(100_000);
  });
});
