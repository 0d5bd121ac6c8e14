import type { LogSink } from '../../src/observability/log-stream.ts';

/** A log that hands each line over at once and never is full. */
export function logTo(write: (line: string) => void): LogSink {
  return { write, reserve: () => ({ fill: async (log) => log() }) };
}
