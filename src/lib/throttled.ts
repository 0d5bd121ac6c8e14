/**
 * Lets through at most one line per second, with the number of calls that it stands for, so that nobody can fill the
 * log.
 * @param log writes one line with this context
 */
export function throttled(log: (context: object) => void): (context: object) => void {
  let times = 0;
  let loggedAt = Number.NEGATIVE_INFINITY;
  return (context) => {
    times += 1;
    if (performance.now() - loggedAt < 1_000) return;
    loggedAt = performance.now();
    log({ ...context, times });
    times = 0;
  };
}
