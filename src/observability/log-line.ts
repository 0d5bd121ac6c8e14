import { hostname } from 'node:os';
import type { LogLevel } from '../lib/logger.ts';

/** What every line has, whichever part of the service writes it. */
const BASE = { pid: process.pid, hostname: hostname() };

const time = () => new Date().toISOString();

/**
 * How pino writes lines, as options of its logger: with the name of the level and the time in ISO 8601, which people and log
 * stores read without a table. All lines that do not come from pino are made by `logLine`, in the same form.
 */
export const LINE_FORMAT = {
  base: BASE,
  formatters: { level: (level: string) => ({ level }) },
  timestamp: () => `,"time":"${time()}"`,
};

/** A line like those of pino, with its line break. For what is logged without a logger, or at whatever level it has. */
export function logLine(level: Exclude<LogLevel, 'silent'>, fields: object, msg: string): string {
  return `${JSON.stringify({ level, time: time(), ...BASE, ...fields, msg })}\n`;
}
