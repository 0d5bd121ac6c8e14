import { afterEach, expect, it, vi } from 'vitest';
import { undisturbed } from '../../support/undisturbed.ts';

const PAUSE_MS = 50;
/** No pause of this process is as long. */
const NEVER_MS = 100_000;

afterEach(() => {
  vi.useRealTimers();
});

function pause(): void {
  const endsAt = process.hrtime.bigint() + BigInt(PAUSE_MS * 1_000_000);
  while (process.hrtime.bigint() < endsAt);
}

/** A scene with a pause that fails this many times, each time with another error. Then it resolves with `done`. */
function failing(times: number) {
  let attempts = 0;
  return vi.fn(async () => {
    attempts += 1;
    await new Promise(setImmediate);
    pause();
    if (attempts <= times) throw new Error(`attempt ${attempts}`);
    return 'done';
  });
}

it('resolves with the result of a scene that does not fail, even if it was disturbed', async () => {
  const scene = failing(0);
  expect(await undisturbed(PAUSE_MS, scene)).toBe('done');
  expect(scene).toHaveBeenCalledTimes(1);
});

it('runs a scene again that failed during a pause', async () => {
  const scene = failing(2);
  expect(await undisturbed(PAUSE_MS, scene)).toBe('done');
  expect(scene).toHaveBeenCalledTimes(3);
});

it('throws the error of a scene that failed without such a pause', async () => {
  const scene = failing(1);
  await expect(undisturbed(NEVER_MS, scene)).rejects.toThrow('attempt 1');
  expect(scene).toHaveBeenCalledTimes(1);
});

it('throws the last error of a scene that fails whenever it is disturbed', async () => {
  const scene = failing(100);
  await expect(undisturbed(PAUSE_MS, scene)).rejects.toThrow('attempt 5');
  expect(scene).toHaveBeenCalledTimes(5);
});

it('runs a scene again that failed during several shorter pauses', async () => {
  const scene = failing(1);
  const pausesTwice = async () => {
    pause();
    await new Promise((resolve) => setTimeout(resolve, 20));
    return await scene();
  };
  expect(await undisturbed(2 * PAUSE_MS, pausesTwice)).toBe('done');
});

it('sees a pause before the last turn of the event loop', async () => {
  const scene = failing(1);
  const turnsAfterwards = async () => {
    try {
      return await scene();
    } finally {
      const endsAt = performance.now() + PAUSE_MS;
      while (performance.now() < endsAt) await new Promise(setImmediate);
    }
  };
  expect(await undisturbed(PAUSE_MS, turnsAfterwards)).toBe('done');
});

it('sees a pause while the clock and the timers are fake', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  const scene = failing(1);
  expect(await undisturbed(PAUSE_MS, scene)).toBe('done');
});
