/** How long contact counts as verified. */
const VERIFIED_MS = 10_000;
/** How long the error of a failed probe is reused, so that probes cost the API server at most one call per second. */
const FAILED_MS = 1_000;

/** Checks whether the API server can be reached. It probes at most once per second, however often it is called. */
export class HealthCheck {
  readonly #probe: () => Promise<void>;
  #running: Promise<void> | undefined;
  #succeededAt = Number.NEGATIVE_INFINITY;
  #failure: { readonly at: number; readonly error: unknown } | undefined;

  /** @param probe calls the API server and throws if that does not succeed; it must have a deadline */
  constructor(probe: () => Promise<void>) {
    this.#probe = probe;
  }

  /**
   * Whether the watch or a probe succeeded within the last 10 s.
   * @param lastContactAt when the watch last heard from the API server, on the clock of performance.now()
   */
  isVerified(lastContactAt: number): boolean {
    return performance.now() - Math.max(lastContactAt, this.#succeededAt) <= VERIFIED_MS;
  }

  /**
   * Resolves if the watch or a probe succeeded within the last 10 s; otherwise it probes.
   * @param lastContactAt when the watch last heard from the API server, on the clock of performance.now()
   * @throws what the probe threw, now or within the last second
   */
  async check(lastContactAt: number): Promise<void> {
    if (this.isVerified(lastContactAt)) return;
    if (this.#failure !== undefined && performance.now() - this.#failure.at < FAILED_MS)
      throw this.#failure.error;
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
