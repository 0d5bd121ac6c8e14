import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HealthCheck } from '../../../src/cluster/health-check.ts';

const NEVER = Number.NEGATIVE_INFINITY;
const down = new Error('no answer');

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function healthy() {
  const probe = vi.fn(async () => {});
  return { probe, health: new HealthCheck(probe) };
}

function unhealthy() {
  const probe = vi.fn(async () => {
    throw down;
  });
  return { probe, health: new HealthCheck(probe) };
}

describe('the health check', () => {
  it('needs no probe for 10 s after the watch heard from the API server', async () => {
    const { probe, health } = unhealthy();
    const contact = performance.now();
    vi.advanceTimersByTime(10_000);
    await health.check(contact);
    expect(probe).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    await expect(health.check(contact)).rejects.toBe(down);
  });

  it('probes if the watch has never heard from the API server', async () => {
    const { probe, health } = healthy();
    await health.check(NEVER);
    expect(probe).toHaveBeenCalledOnce();
  });

  it('remembers a success for 10 s', async () => {
    const { probe, health } = healthy();
    await health.check(NEVER);
    vi.advanceTimersByTime(10_000);
    await health.check(NEVER);
    expect(probe).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(1);
    await health.check(NEVER);
    expect(probe).toHaveBeenCalledTimes(2);
  });

  it('remembers a failure for 1 s and repeats its error', async () => {
    const { probe, health } = unhealthy();
    await expect(health.check(NEVER)).rejects.toBe(down);
    vi.advanceTimersByTime(999);
    await expect(health.check(NEVER)).rejects.toBe(down);
    expect(probe).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(1);
    await expect(health.check(NEVER)).rejects.toBe(down);
    expect(probe).toHaveBeenCalledTimes(2);
  });

  it('shares a running probe with all checks that arrive during it', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const probe = vi.fn(() => promise);
    const health = new HealthCheck(probe);
    const checks = Array.from({ length: 1_000 }, () => health.check(NEVER));
    expect(probe).toHaveBeenCalledOnce();
    resolve();
    await Promise.all(checks);
  });

  it('reports the failure of a shared probe to all waiting checks', async () => {
    const { promise, reject } = Promise.withResolvers<void>();
    const health = new HealthCheck(() => promise);
    const checks = Array.from({ length: 10 }, () => health.check(NEVER));
    reject(down);
    const outcomes = await Promise.allSettled(checks);
    expect(outcomes.every((outcome) => outcome.status === 'rejected' && outcome.reason === down)).toBe(true);
  });

  it('succeeds as soon as the watch hears from the API server, even if the last probe failed', async () => {
    const { probe, health } = unhealthy();
    await expect(health.check(NEVER)).rejects.toBe(down);
    await health.check(performance.now());
    expect(probe).toHaveBeenCalledOnce();
  });

  it('sends the API server at most one probe per second, even if it is called a thousand times per second', async () => {
    const { probe, health } = unhealthy();
    for (let millisecond = 0; millisecond < 10_000; millisecond += 1) {
      await health.check(NEVER).catch(() => {});
      vi.advanceTimersByTime(1);
    }
    expect(probe).toHaveBeenCalledTimes(10);
  });

  it('probes again after a failed probe, and reports its success', async () => {
    const probe = vi.fn(async () => {}).mockRejectedValueOnce(down);
    const health = new HealthCheck(probe);
    await expect(health.check(NEVER)).rejects.toBe(down);
    vi.advanceTimersByTime(1_000);
    await health.check(NEVER);
    vi.advanceTimersByTime(500);
    await health.check(NEVER);
    expect(probe).toHaveBeenCalledTimes(2);
  });
});
