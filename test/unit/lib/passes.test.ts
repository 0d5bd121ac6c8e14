import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Passes, type Visited } from '../../../src/lib/passes.ts';

/** Fake time, which only `work` lets pass besides the test. Turns of the event loop are real. */
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const work = (ms: number) => vi.advanceTimersByTime(ms);
const turns = async (count = 20) => {
  for (let i = 0; i < count; i += 1) await new Promise<void>((resolve) => setImmediate(resolve));
};

function worker(visits: string[], name: string, ms: number, isBehind = false): Visited {
  return {
    visit() {
      visits.push(name);
      work(ms);
      return isBehind;
    },
  };
}

describe('passes', () => {
  it('visit each once that has something to do, in order and in the same turn', async () => {
    const passes = new Passes();
    const visits: string[] = [];
    const [a, b] = [worker(visits, 'a', 0), worker(visits, 'b', 0)];
    passes.schedule(a);
    passes.schedule(b);
    passes.schedule(a);
    expect(visits).toEqual([]);
    await Promise.resolve();
    expect(visits).toEqual(['a', 'b']);
    await turns();
    expect(visits).toEqual(['a', 'b']);
  });

  it('let the event loop turn after 3 ms', async () => {
    const passes = new Passes();
    const visits: string[] = [];
    for (let i = 0; i < 8; i += 1) passes.schedule(worker(visits, `${i}`, 1));
    await Promise.resolve();
    expect(visits).toHaveLength(3);
    await turns();
    expect(visits).toHaveLength(8);
  });

  it('wait four times as long as the last one has worked', async () => {
    const passes = new Passes();
    const visits: string[] = [];
    const busy = worker(visits, 'busy', 10);
    passes.schedule(busy);
    await turns();
    passes.schedule(busy);
    await turns();
    expect(visits).toHaveLength(1);
    work(39);
    await turns();
    expect(visits).toHaveLength(1);
    work(1);
    await turns();
    expect(visits).toHaveLength(2);
  });

  it('wait only a tenth of the time that the last one has worked if most are behind', async () => {
    const passes = new Passes();
    const visits: string[] = [];
    for (const isBehind of [true, true, false]) passes.schedule(worker(visits, 'first', 10, isBehind));
    await turns();
    expect(visits).toHaveLength(3);
    passes.schedule(worker(visits, 'second', 0));
    work(2);
    await turns();
    expect(visits).toHaveLength(3);
    work(1);
    await turns();
    expect(visits).toHaveLength(4);
  });

  it('do not count the time of others between slices as their work', async () => {
    const passes = new Passes();
    const visits: string[] = [];
    for (let i = 0; i < 2; i += 1) passes.schedule(worker(visits, 'first', 4));
    await Promise.resolve();
    expect(visits).toHaveLength(1);
    setImmediate(() => work(1_000));
    await turns();
    expect(visits).toHaveLength(2);
    passes.schedule(worker(visits, 'second', 0));
    work(31);
    await turns();
    expect(visits).toHaveLength(2);
    work(1);
    await turns();
    expect(visits).toHaveLength(3);
  });

  it('visit at once again after a rest', async () => {
    const passes = new Passes();
    const visits: string[] = [];
    passes.schedule(worker(visits, 'a', 10));
    await turns();
    work(40);
    await turns();
    passes.schedule(worker(visits, 'b', 0));
    await Promise.resolve();
    expect(visits).toEqual(['a', 'b']);
  });
});
