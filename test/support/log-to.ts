import type { LogSink } from '../../src/observability/log-stream.ts';

/** A log that passes on each line at once and is never full. */
export function logTo(write: (line: string) => void): LogSink {
  return { write, reserve: () => ({ fill: async (log) => log() }) };
}
