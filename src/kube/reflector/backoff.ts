/** The shortest delay. There is always a pause between two failed attempts. */
const LEAST_MS = 1;
/** The first upper bound of the delay. It doubles with every failure. */
const BASE_MS = 800;
/**
 * The longest delay in the first minutes of an outage: reads must work again within 5 s of the API server's recovery.
 */
const EARLY_CAP_MS = 3_000;
const EARLY_OUTAGE_MS = 5 * 60_000;
const LATE_CAP_MS = 30_000;
/** The API server must be healthy for this long before the delay starts at its first bound again. */
const HEALTH_MS = 2 * 60_000;

/** Computes the delays between attempts: exponential, with full jitter, so that many clients do not retry in step. */
export class Backoff {
  #failures = 0;
  #healthySince: number | undefined;
  #lastHealthyAt = performance.now();

  /** Call it when the API server has answered or sent an event. */
  succeeded(): void {
    const now = performance.now();
    this.#healthySince ??= now;
    this.#lastHealthyAt = now;
  }

  /** Call it when an attempt has failed. @returns how long to wait before the next attempt, in milliseconds */
  failed(): number {
    const now = performance.now();
    if (this.#healthySince !== undefined && now - this.#healthySince >= HEALTH_MS) this.#failures = 0;
    this.#healthySince = undefined;
    const cap = now - this.#lastHealthyAt < EARLY_OUTAGE_MS ? EARLY_CAP_MS : LATE_CAP_MS;
    // Limit the exponent, which would grow without bound in a long outage. 2^10 already exceeds both caps.
    const ceiling = Math.min(cap, BASE_MS * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    return LEAST_MS + Math.random() * (ceiling - LEAST_MS);
  }
}
