/** Shortest delay: an attempt that fails is never followed by the next without a pause. */
const LEAST_MS = 1;
/** First bound of the delay; it doubles with every failure. */
const BASE_MS = 800;
/** Longest delay while an outage is young: readers want the service back within 5 s of the API server. */
const YOUNG_CAP_MS = 3_000;
const YOUNG_OUTAGE_MS = 5 * 60_000;
const OLD_CAP_MS = 30_000;
/** The API server has to be well for so long before the doubling starts afresh. */
const HEALTH_MS = 2 * 60_000;

/** Delays between attempts: exponential with full jitter, so that many clients do not come back in step. */
export class Backoff {
  #failures = 0;
  #healthySince: number | undefined;
  #lastHealthyAt = performance.now();

  /** The API server spoke. */
  succeeded(): void {
    const now = performance.now();
    this.#healthySince ??= now;
    this.#lastHealthyAt = now;
  }

  /** An attempt failed: the time to wait before the next, in milliseconds. */
  failed(): number {
    const now = performance.now();
    if (this.#healthySince !== undefined && now - this.#healthySince >= HEALTH_MS) this.#failures = 0;
    this.#healthySince = undefined;
    const cap = now - this.#lastHealthyAt < YOUNG_OUTAGE_MS ? YOUNG_CAP_MS : OLD_CAP_MS;
    // 2^10 is beyond either cap; the exponent stays bounded in an outage of days.
    const ceiling = Math.min(cap, BASE_MS * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    return LEAST_MS + Math.random() * (ceiling - LEAST_MS);
  }
}
