import { LRUCache } from 'lru-cache';

/** Identities whose lines are counted; the one that was counted least recently is told and forgotten first. */
const MAX_IDENTITIES = 1_000;

export interface LineBudgetOptions {
  /** Lines of one identity in a period. */
  readonly lines: number;
  readonly periodMs: number;
  /** Told at the end of a period, of each identity that had more. @param count how many were left out */
  readonly onLeftOut: (identity: string, count: number) => void;
}

interface Period {
  readonly startedAt: number;
  lines: number;
  leftOut: number;
  timer?: NodeJS.Timeout;
}

/** How many log lines each identity may cause in a period of time: no client can fill the log, or hide others in it. */
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

  /** Whether the identity may cause one more line now. */
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

  /** Tells what has been left out so far. */
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
