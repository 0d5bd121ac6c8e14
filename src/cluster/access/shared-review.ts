import type { KubeRequest } from '../../kube/client/kube-client.ts';
import { KubeBusyError, KubeTimeoutError } from '../../kube/kube-errors.ts';

/** The limits of the call of a review. */
export type ReviewLimits = Required<Pick<KubeRequest, 'deadlineMs' | 'signal'>>;

/** How much longer than the deadline of its first caller a review may run for later callers. */
const MAX_OVERTIME_MS = 2_000;
/** A review with less time left is not sent. Timers are not exact, so its callers may be about to give up. */
const MIN_CALL_MS = 5;

/**
 * One review that many callers wait for, each until its own deadline. When the last one gives up, the call is
 * cancelled. Times are on the clock of performance.now().
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
   * @param decide makes the review, and calls `begin` when its turn has come
   */
  constructor(endsAt: number, decide: (review: SharedReview) => Promise<boolean>) {
    this.#lastDeadline = endsAt;
    this.#endsBy = endsAt + MAX_OVERTIME_MS;
    this.#result = decide(this);
  }

  /** Resolves when the review has ended, whether it succeeded or failed. */
  get ended(): Promise<void> {
    return this.#result.then(
      () => {},
      () => {},
    );
  }

  /** Whether a caller with this deadline can wait for this review. */
  lastsUntil(endsAt: number): boolean {
    return endsAt <= this.#endsBy && !this.#cancelling.signal.aborted;
  }

  /** How long the review may wait for its turn. */
  get maxWaitMs(): number {
    return this.#endsBy - performance.now();
  }

  /** @throws KubeBusyError if its turn came too late for all its callers */
  begin(): ReviewLimits {
    const now = performance.now();
    if (this.#lastDeadline - now < MIN_CALL_MS) throw new KubeBusyError();
    this.#begunAt = now;
    return { deadlineMs: this.#endsBy - now, signal: this.#cancelling.signal };
  }

  /**
   * Waits for the decision.
   * @param endsAt the deadline of the caller
   * @throws KubeTimeoutError at the deadline, or KubeBusyError if the turn has not come by then; otherwise the error of
   *   the review
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
      // A caller whose deadline passed while the event loop was busy still takes a decision that has arrived.
      const timer = setTimeout(giveUp, Math.max(0, endsAt - performance.now()));
      this.#result.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  /** The timeout counts from the start of the call to the API server, even if this caller has waited for less time. */
  #noAnswer(): KubeBusyError | KubeTimeoutError {
    if (this.#begunAt === undefined) return new KubeBusyError();
    return new KubeTimeoutError(true, Math.round(performance.now() - this.#begunAt));
  }
}
