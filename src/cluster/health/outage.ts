import { KubeError, KubeStatusError } from '../../kube/kube-errors.ts';
import type { Logger } from '../../lib/logger.ts';

/** How many characters of the message of an API server are logged. */
const MAX_REASON_LENGTH = 500;

/** What an outage is called in the log, and what the account of the service may lack. */
export interface OutageNames {
  readonly begun: string;
  /** undefined: it has lines when it begins and ends, and none in between. */
  readonly still?: string;
  readonly ended: string;
  /** Of the lines before its end; default: error. */
  readonly level?: 'warn' | 'error';
  /** What to grant to the account of the service where the API server refuses it with 403. */
  readonly grant: string;
}

/** A time in which something does not work. It has lines in the log: at its beginning, now and then, and at its end. */
export class Outage {
  readonly #names: OutageNames;
  readonly #log: Logger;
  readonly #stillMs: number;
  #since: number | undefined;
  #toldAt = 0;

  /** @param stillMs the time between two lines of one outage, if it has any in between */
  constructor(names: OutageNames, log: Logger, stillMs = Number.POSITIVE_INFINITY) {
    this.#names = names;
    this.#log = log;
    this.#stillMs = stillMs;
  }

  /** When it began, on the clock of performance.now(); undefined: all is well. */
  get since(): number | undefined {
    return this.#since;
  }

  /** Call it whenever it is seen to last. The first call is its beginning. @param cause why, as far as is known now */
  lasts(cause: unknown): void {
    const now = performance.now();
    const { begun, still, level = 'error', grant } = this.#names;
    const why = whyOf(cause, grant);
    if (this.#since === undefined) {
      this.#since = now;
      this.#log[level](why, begun);
    } else if (still === undefined || now - this.#toldAt < this.#stillMs) {
      return;
    } else {
      this.#log[level]({ ...why, seconds: this.#seconds(now) }, still);
    }
    this.#toldAt = now;
  }

  /** Call it when all is well. */
  ends(): void {
    this.#end(this.#names.ended);
  }

  /** Call it when the cluster is no longer served. */
  leaves(): void {
    this.#end('cluster no longer served, in an outage');
  }

  #end(message: string): void {
    if (this.#since === undefined) return;
    const seconds = this.#seconds(performance.now());
    this.#since = undefined;
    this.#log.info({ seconds }, message);
  }

  #seconds(now: number): number {
    return Math.round((now - (this.#since ?? now)) / 1000);
  }
}

/** Why a call to the API server failed and, if it is known, what to do about it. */
export function whyOf(cause: unknown, grant: string): object {
  const code = cause instanceof KubeError ? cause.code : undefined;
  const reason = (cause instanceof Error ? cause.message : String(cause)).slice(0, MAX_REASON_LENGTH);
  if (!(cause instanceof KubeStatusError)) return { code, reason };
  const { status } = cause;
  return {
    code,
    status,
    reason,
    ...(status === 403 && { grant: `${grant} to the account of the service` }),
  };
}
