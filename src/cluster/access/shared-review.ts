import type { KubeRequest } from '../../kube/client/kube-client.ts';
import { KubeBusyError, KubeTimeoutError } from '../../kube/kube-errors.ts';

/** What bounds the call of a review. */
export type ReviewLimits = Required<Pick<KubeRequest, 'deadlineMs' | 'signal'>>;

/** How much longer than its first caller a review may go on for those who come later. */
const MAX_OVERTIME_MS = 2_000;
/** With less time left a review is not sent. Timers are not exact: its callers may be about to give up. */
const MIN_CALL_MS = 5;

/**
 * One review that many callers wait for, each until its own deadline. It goes on for as long as one of them waits: when
 * the last one gives up, its call is cancelled. Times are on the clock of performance.now().
 */
export class SharedReview {
  readonly #endsBy: number;
  readonly #result: Promise<boolean>;
  readonly #cancelling = new AbortController();
  #callers = 0;
  #lastDeadline: number;
  #begunAt: number | undefined;

  /**
   * @param endsAt the deadline of the first caller
   * @param decide makes the review; it calls `begin` when its turn has come
   */
  constructor(endsAt: number, decide: (review: SharedReview) => Promise<boolean>) {
    this.#lastDeadline = endsAt;
    this.#endsBy = endsAt + MAX_OVERTIME_MS;
    this.#result = decide(this);
  }

  /** Resolves when it has ended, however it ended. */
  get ended(): Promise<void> {
    return this.#result.then(
      () => {},
      () => {},
    );
  }

  /** Whether a caller with this deadline can wait for it. */
  lastsUntil(endsAt: number): boolean {
    return endsAt <= this.#endsBy && !this.#cancelling.signal.aborted;
  }

  /** How long it may wait for its turn. */
  get maxWaitMs(): number {
    return this.#endsBy - performance.now();
  }

  /** @throws KubeBusyError where its turn came too late for all its callers */
  begin(): ReviewLimits {
    const now = performance.now();
    if (this.#lastDeadline - now < MIN_CALL_MS) throw new KubeBusyError();
    this.#begunAt = now;
    return { deadlineMs: this.#endsBy - now, signal: this.#cancelling.signal };
  }

  /**
   * What is decided.
   * @param endsAt the caller's own deadline
   * @throws KubeTimeoutError or, before its turn, KubeBusyError at the deadline; else what the review ends with
   */
  wait(endsAt: number): Promise<boolean> {
    this.#callers += 1;
    this.#lastDeadline = Math.max(this.#lastDeadline, endsAt);
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        const error = this.#noAnswer();
        reject(error);
        this.#callers -= 1;
        if (this.#callers === 0) this.#cancelling.abort(error);
      };
      const timer = setTimeout(giveUp, endsAt - performance.now());
      this.#result.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  /** It is the time that the API server has had that counts, however little of it the caller has waited. */
  #noAnswer(): KubeBusyError | KubeTimeoutError {
    if (this.#begunAt === undefined) return new KubeBusyError();
    return new KubeTimeoutError(true, Math.round(performance.now() - this.#begunAt));
  }
}
