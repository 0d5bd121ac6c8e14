import { oneLine } from '../../lib/one-line.ts';

/** What a check has found. `warning`: something is missing, and the service runs without it. */
export type Verdict = 'ok' | 'warning' | 'FAILED';

/** One line of the report. */
export interface Finding {
  readonly verdict: Verdict;
  /** What was checked, with what was found. */
  readonly what: string;
  /** For what is not ok: what follows from it, and what to do, a line each. */
  readonly notes?: readonly string[];
}

/** Writes the findings for people, and remembers whether all is well. */
export class Findings {
  readonly #write: (text: string) => void;
  readonly #counts: Record<Verdict, number> = { ok: 0, warning: 0, FAILED: 0 };

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  get failed(): boolean {
    return this.#counts.FAILED > 0;
  }

  section(title: string): void {
    this.#write(`${oneLine(title)}\n`);
  }

  add({ verdict, what, notes = [] }: Finding): void {
    this.#counts[verdict] += 1;
    this.#write(`  ${verdict.padEnd(8)} ${oneLine(what)}\n`);
    for (const note of notes) this.#write(`           ${oneLine(note)}\n`);
  }

  /** Says whether the service would work. */
  end(): void {
    const { warning, FAILED } = this.#counts;
    const warnings = warning === 0 ? '' : `, ${warning} ${warning === 1 ? 'warning' : 'warnings'}`;
    this.#write(FAILED === 0 ? `The service can run${warnings}.\n` : `${FAILED} FAILED${warnings}.\n`);
  }
}
