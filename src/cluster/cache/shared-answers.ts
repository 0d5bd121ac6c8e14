/** How many answers are kept for comparison. */
const MAX_ANSWERS = 8;

/** Makes equal answers share one buffer. Otherwise clients that do not read their answers would hold a copy each. */
export class SharedAnswers {
  /** The most recently used first. */
  #recent: readonly Buffer[] = [];

  /**
   * Returns a buffer with the bytes of the answer: an earlier one if an equal one is known.
   * @param likely an answer that is kept elsewhere, if there is one, and may be equal
   */
  share(answer: Buffer, likely: Buffer | undefined): Buffer {
    if (likely?.equals(answer)) return likely;
    const shared = this.#recent.find((each) => each.equals(answer)) ?? answer;
    this.#recent = [shared, ...this.#recent.filter((each) => each !== shared)].slice(0, MAX_ANSWERS);
    return shared;
  }
}
