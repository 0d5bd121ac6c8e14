interface Entry<T> {
  readonly from: number;
  readonly value: T;
}

/** Values over time, on the clock of performance.now(): each value held from its note to the next one. */
export class Timeline<T> {
  #entries: Entry<T>[];

  /** @param first the value before the first note */
  constructor(first: T) {
    this.#entries = [{ from: Number.NEGATIVE_INFINITY, value: first }];
  }

  /** This value holds from now on. */
  note(value: T): void {
    this.#entries.push({ from: performance.now(), value });
  }

  /** The current value. */
  get current(): T | undefined {
    return this.#entries.at(-1)?.value;
  }

  /** When a matching value last held, up to `until`: its end, or `until` if it still holds; undefined: never. */
  lastHeld(matches: (value: T) => boolean, until: number): number | undefined {
    let end = until;
    for (const { from, value } of this.#entries.toReversed()) {
      if (from <= until) {
        if (matches(value)) return end;
        end = from;
      }
    }
    return undefined;
  }

  /** Forgets values that ended before that time. */
  forgetBefore(time: number): void {
    const first = this.#entries.findIndex((_, at) => (this.#entries[at + 1]?.from ?? Infinity) >= time);
    this.#entries = this.#entries.slice(first);
  }

  /** The newest entries, the newest last, for messages. */
  toString(): string {
    return this.#entries
      .slice(-6)
      .map(({ from, value }) => `${Math.round(from)}: ${JSON.stringify(value) ?? 'absent'}`)
      .join(', ');
  }
}
