// Keeps the real functions, because a test may replace them with fakes.
const { setTimeout } = globalThis;
const { now } = Date;

/**
 * Waits for a condition that no event reports, by checking it every few milliseconds.
 * @throws after `limitMs`, which exists to end a failed test and not to measure anything
 */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 60_000): Promise<void> {
  const givesUpAt = now() + limitMs;
  while (!(await condition())) {
    if (now() > givesUpAt) throw new Error(`not within ${limitMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
