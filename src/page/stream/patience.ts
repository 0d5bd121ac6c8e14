/** The longest time until it is tried again. */
const LONGEST_MS = 30_000;
const FIRST_MS = 500;

/**
 * How long to wait before the next attempt. It is random from half to all of a time that doubles, so that the pages that
 * lost a service together do not come back together.
 * @param failures how many attempts have failed in a row, at least 1
 * @param atLeastMs what the service asked for with Retry-After
 */
export function patienceMs(failures: number, random: () => number, atLeastMs = 0): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));
  return Math.max(atLeastMs, longest * (0.5 + random() / 2));
}

/** Waits. @throws the reason of the signal if it is aborted first */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
