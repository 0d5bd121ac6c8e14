/**
 * Lets through at most one line in a period, with how many times it stands for: nobody must be able to fill the log.
 * @param log writes one line with this context
 * @param periodMs default: a second
 */
export function throttled(log: (context: object) => void, periodMs = 1_000): (context: object) => void {
  let times = 0;
  let loggedAt = Number.NEGATIVE_INFINITY;
  return (context) => {
    times += 1;
    if (performance.now() - loggedAt < periodMs) return;
    loggedAt = performance.now();
    log({ ...context, times });
    times = 0;
  };
}
