/** Contact counts as verified for so long. */
const VERIFIED_MS = 10_000;
/** After a probe failed, its error answers for so long: probes cost the API server at most one call a second. */
const FAILED_MS = 1_000;

/** Whether the API server can be reached, at the price of at most one probe a second however often it is asked. */
export class HealthCheck {
  readonly #probe: () => Promise<void>;
  #running: Promise<void> | undefined;
  #succeededAt = Number.NEGATIVE_INFINITY;
  #failure: { readonly at: number; readonly error: unknown } | undefined;

  /** @param probe asks the API server and throws when it does not answer well; it must have a deadline */
  constructor(probe: () => Promise<void>) {
    this.#probe = probe;
  }

  /**
   * Resolves when the watch or a probe succeeded within the last 10 s; probes otherwise.
   * @param lastContactAt when the watch last heard of the API server, on the clock of performance.now()
   * @throws what the probe threw, now or within the last second
   */
  async check(lastContactAt: number): Promise<void> {
    const now = performance.now();
    if (now - Math.max(lastContactAt, this.#succeededAt) <= VERIFIED_MS) return;
    if (this.#failure !== undefined && now - this.#failure.at < FAILED_MS) throw this.#failure.error;
    this.#running ??= this.#run();
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      await this.#probe();
      this.#succeededAt = performance.now();
      this.#failure = undefined;
    } catch (error) {
      this.#failure = { at: performance.now(), error };
      throw error;
    } finally {
      this.#running = undefined;
    }
  }
}
