/** The answers of one kind of request. */
export interface KindFigures {
  readonly kind: string;
  readonly requests: number;
  /** Of answers in quiet times, and of those while a fault was made, in milliseconds. Undefined: none. */
  readonly quiet: { readonly p50: number; readonly p99: number } | undefined;
  readonly faulty: { readonly p50: number; readonly p99: number } | undefined;
}

/** Answers with an error code, in one phase. */
export interface CodeFigures {
  readonly phase: string;
  readonly code: string;
  readonly count: number;
}

/** The name of the time in which no fault is made. */
export const QUIET = 'quiet';

/** Counts answers and keeps their times. */
export class Tallies {
  readonly #times = new Map<string, { quiet: number[]; faulty: number[] }>();
  readonly #codes = new Map<string, Map<string, number>>();

  /** @param code undefined for a success */
  add(kind: string, phase: string, code: string | undefined, milliseconds: number): void {
    const times = this.#times.get(kind) ?? { quiet: [], faulty: [] };
    this.#times.set(kind, times);
    times[phase === QUIET ? 'quiet' : 'faulty'].push(milliseconds);
    if (code === undefined) return;
    const codes = this.#codes.get(phase) ?? new Map<string, number>();
    this.#codes.set(phase, codes);
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }

  get kinds(): KindFigures[] {
    return [...this.#times].map(([kind, { quiet, faulty }]) => ({
      kind,
      requests: quiet.length + faulty.length,
      quiet: quantiles(quiet),
      faulty: quantiles(faulty),
    }));
  }

  get codes(): CodeFigures[] {
    return [...this.#codes].flatMap(([phase, codes]) =>
      [...codes].map(([code, count]) => ({ phase, code, count })),
    );
  }
}

function quantiles(times: readonly number[]): { p50: number; p99: number } | undefined {
  if (times.length === 0) return undefined;
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}
