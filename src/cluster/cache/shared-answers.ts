/** Answers that are kept to compare with. */
const MAX_ANSWERS = 8;

/** Makes one buffer of answers that are equal: clients that do not read theirs would hold a copy per request otherwise. */
export class SharedAnswers {
  /** The most recently used first. */
  #recent: readonly Buffer[] = [];

  /**
   * A buffer with the same bytes as the answer, the one that others hold where there is one.
   * @param likely another answer, held elsewhere, that may well be equal
   */
  share(answer: Buffer, likely: Buffer): Buffer {
    if (likely.equals(answer)) return likely;
    const shared = this.#recent.find((each) => each.equals(answer)) ?? answer;
    this.#recent = [shared, ...this.#recent.filter((each) => each !== shared)].slice(0, MAX_ANSWERS);
    return shared;
  }
}
