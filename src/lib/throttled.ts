/**
 * Limits a log line to one per period, so that nobody can fill the log. A line tells how many it stands for (`times`).
 * @param log writes one line with this context
 * @param periodMs default: 1 s
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
