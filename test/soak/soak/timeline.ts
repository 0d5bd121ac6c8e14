import { BUSY_MACHINE, EXPECTED, type Phase } from './expected.ts';
import { QUIET } from './tallies.ts';

interface Span {
  readonly phase: Phase;
  readonly from: number;
  until: number;
}

/** Which fault was made when. */
export class Timeline {
  readonly #spans: Span[] = [];

  /** @returns ends it */
  begin(phase: Phase, at: number): (at: number) => void {
    const span: Span = { phase, from: at, until: Number.POSITIVE_INFINITY };
    this.#spans.push(span);
    return (until) => {
      span.until = until;
    };
  }

  /** A time that was recognized only when it was over. */
  note(phase: Phase, from: number, until: number): void {
    this.#spans.push({ phase, from, until });
  }

  /** The fault during which a request was made, even if only in part; the last of several. */
  phaseOf(from: number, until: number): Phase {
    return this.#during(from, until).at(-1)?.phase ?? QUIET;
  }

  /** Whether some fault that was made between the two may cause this code. */
  expects(code: string, from: number, until: number): boolean {
    return this.#during(from, until).some(({ phase }) => {
      const expected: readonly string[] = EXPECTED[phase];
      return expected.includes(code);
    });
  }

  /** For how long the machine was too busy between the two, in milliseconds. */
  busyMs(from: number, until: number): number {
    let [sum, counted] = [0, from];
    const spans = this.#during(from, until).filter(({ phase }) => phase === BUSY_MACHINE);
    for (const span of spans.toSorted((a, b) => a.from - b.from)) {
      const end = Math.min(span.until, until);
      sum += Math.max(0, end - Math.max(span.from, counted));
      counted = Math.max(counted, end);
    }
    return sum;
  }

  #during(from: number, until: number): Span[] {
    return this.#spans.filter((span) => span.from <= until && span.until >= from);
  }
}
