// The real ones: a test may have others in their place.
const { setTimeout } = globalThis;
const { now } = Date;

/**
 * Waits for a condition, looked at every few milliseconds: for what no event tells.
 * @throws after `limitMs`, which is there to end a failed test and not to measure
 */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  const givesUpAt = now() + limitMs;
  while (!(await condition())) {
    if (now() > givesUpAt) throw new Error(`not within ${limitMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
