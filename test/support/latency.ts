import type { Answer } from './test-client.ts';

/** The number of concurrent calls. */
const PARALLEL = 4;

/**
 * Makes calls and returns the 99th percentile of their durations, in milliseconds.
 * @throws Error if one is not answered with 200
 */
async function p99(calls: number, call: (number: number) => Promise<Answer>): Promise<number> {
  const times: number[] = [];
  let next = 0;
  const caller = async () => {
    for (let number = next++; number < calls; number = next++) {
      const startedAt = performance.now();
      const { status, body } = await call(number);
      times.push(performance.now() - startedAt);
      if (status !== 200) throw new Error(`a call failed: ${status} ${JSON.stringify(body)}`);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, caller));
  times.sort((a, b) => a - b);
  return times[Math.ceil(times.length * 0.99) - 1] ?? Number.NaN;
}

/**
 * The median of the 99th percentiles of several windows. One pause of the machine affects one or two windows, but a cause
 * that delays calls repeatedly affects all of them.
 */
export async function typicalP99(calls: number, call: (number: number) => Promise<Answer>): Promise<number> {
  const windows: number[] = [];
  for (let window = 0; window < 5; window += 1) windows.push(await p99(calls, call));
  return windows.sort((a, b) => a - b)[2] ?? Number.NaN;
}
