/** Tells which rows are in view. */
export class VisibleRows {
  readonly #observer: IntersectionObserver;
  readonly #observed = new Set<Element>();
  readonly #visible = new Map<Element, string>();

  /** @param onChange called with the keys of the rows in view */
  constructor(onChange: (keys: ReadonlySet<string>) => void) {
    this.#observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const key = target instanceof HTMLElement ? target.dataset.key : undefined;
        if (isIntersecting && key !== undefined) this.#visible.set(target, key);
        else this.#visible.delete(target);
      }
      onChange(new Set(this.#visible.values()));
    });
  }

  /** @param rows all rows that are drawn now */
  observe(rows: Iterable<Element>): void {
    const drawn = new Set(rows);
    for (const row of this.#observed) {
      if (drawn.has(row)) continue;
      this.#observer.unobserve(row);
      this.#observed.delete(row);
      this.#visible.delete(row);
    }
    for (const row of drawn) {
      if (this.#observed.has(row)) continue;
      this.#observed.add(row);
      this.#observer.observe(row);
    }
  }
}
