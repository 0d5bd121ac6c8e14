import { LRUCache } from 'lru-cache';

/** How many identities are counted. The one that logged least recently is reported and forgotten first. */
const MAX_IDENTITIES = 1_000;

export interface LineBudgetOptions {
  /** Lines per identity and period. */
  readonly lines: number;
  readonly periodMs: number;
  /** Called at the end of a period for each identity that had more. @param count how many lines were left out */
  readonly onLeftOut: (identity: string, count: number) => void;
}

interface Period {
  readonly startedAt: number;
  lines: number;
  leftOut: number;
  timer?: NodeJS.Timeout;
}

/** Limits the log lines per identity and period, so that no client can fill the log or hide other lines in it. */
export class LineBudget {
  readonly #options: LineBudgetOptions;
  readonly #periods: LRUCache<string, Period>;

  constructor(options: LineBudgetOptions) {
    this.#options = options;
    this.#periods = new LRUCache({
      max: MAX_IDENTITIES,
      dispose: (period, identity) => this.#end(period, identity),
    });
  }

  /** Counts one line. @returns whether it may be logged */
  take(identity: string): boolean {
    const period = this.#periodOf(identity);
    period.lines += 1;
    if (period.lines <= this.#options.lines) return true;
    period.leftOut += 1;
    period.timer ??= setTimeout(
      () => this.#periods.delete(identity),
      period.startedAt + this.#options.periodMs - performance.now(),
    ).unref();
    return false;
  }

  /** Reports the lines that were left out so far. */
  end(): void {
    this.#periods.clear();
  }

  #periodOf(identity: string): Period {
    const known = this.#periods.get(identity);
    if (known !== undefined && performance.now() - known.startedAt < this.#options.periodMs) return known;
    const period = { startedAt: performance.now(), lines: 0, leftOut: 0 };
    this.#periods.set(identity, period);
    return period;
  }

  #end({ timer, leftOut }: Period, identity: string): void {
    clearTimeout(timer);
    if (leftOut > 0) this.#options.onLeftOut(identity, leftOut);
  }
}
