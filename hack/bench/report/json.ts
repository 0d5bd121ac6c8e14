import { median } from '../statistics.ts';
import type { Result } from './figures.ts';
import type { Circumstances } from './machine.ts';

/** All figures of a run, for programs. */
export function jsonReport(made: Circumstances, results: readonly Result[]): string {
  const rows = results.map(({ name, title, unit, target, met, ratio, rounds }) => ({
    name,
    title,
    unit,
    target,
    met,
    ratioToBare: ratio,
    figures: Object.fromEntries(
      Object.entries(rounds).map(([subject, figures]) => [
        subject,
        { median: median(figures), min: Math.min(...figures), max: Math.max(...figures), rounds: figures },
      ]),
    ),
  }));
  return `${JSON.stringify({ ...made, rows }, null, 2)}\n`;
}
