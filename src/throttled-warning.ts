import type { FastifyBaseLogger } from 'fastify';

/** At most one line a second, with how many times it stands for: nobody must be able to fill the log. */
export function throttledWarning(
  log: Pick<FastifyBaseLogger, 'warn'>,
  message: string,
): (context: object) => void {
  let times = 0;
  let loggedAt = Number.NEGATIVE_INFINITY;
  return (context) => {
    times += 1;
    if (performance.now() - loggedAt < 1_000) return;
    loggedAt = performance.now();
    log.warn({ ...context, times }, message);
    times = 0;
  };
}
