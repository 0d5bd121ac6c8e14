import { BY_NAME, compareBy, type Order } from './row-order.ts';
import type { Row } from './table-row.ts';

/**
 * All rows, and those of them that are shown, in order. The change of one row costs a binary search: only another order,
 * another filter or a list of a whole cluster walks all.
 */
export class RowList {
  readonly #rows = new Map<string, Row>();
  #shown: Row[] = [];
  #compare = compareBy(BY_NAME);
  #matches: (row: Row) => boolean = () => true;

  get size(): number {
    return this.#rows.size;
  }

  /** The rows that the filter lets through, sorted. */
  get shown(): readonly Row[] {
    return this.#shown;
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key);
  }

  all(): Iterable<Row> {
    return this.#rows.values();
  }

  /** Its place among those that are shown; -1 if it is not. */
  indexOf(key: string): number {
    const row = this.#rows.get(key);
    if (row === undefined) return -1;
    const at = this.#placeOf(row);
    return this.#shown[at] === row ? at : -1;
  }

  /** @param matches must give the same answer for the same row until the next call */
  arrange(order: Order, matches: (row: Row) => boolean): void {
    this.#compare = compareBy(order);
    this.#matches = matches;
    this.#shown = [...this.#rows.values()].filter(matches).sort(this.#compare);
  }

  /** Adds the row, or replaces the one with its key. */
  set(row: Row): void {
    const from = this.indexOf(row.key);
    this.#rows.set(row.key, row);
    const matches = this.#matches(row);
    if (from >= 0) {
      if (matches && this.#fitsAt(row, from)) {
        this.#shown[from] = row;
        return;
      }
      this.#shown.splice(from, 1);
    }
    if (matches) this.#shown.splice(this.#placeOf(row), 0, row);
  }

  delete(key: string): void {
    const at = this.indexOf(key);
    if (at >= 0) this.#shown.splice(at, 1);
    this.#rows.delete(key);
  }

  /** Replaces all rows of a cluster. */
  replace(cluster: string, rows: readonly Row[]): void {
    for (const [key, row] of this.#rows) if (row.cluster === cluster) this.#rows.delete(key);
    for (const row of rows) this.#rows.set(row.key, row);
    this.#shown = [...this.#rows.values()].filter(this.#matches).sort(this.#compare);
  }

  /** Whether the row may take the place of the one that is there. */
  #fitsAt(row: Row, at: number): boolean {
    const before = this.#shown[at - 1];
    const after = this.#shown[at + 1];
    return (
      (before === undefined || this.#compare(before, row) < 0) &&
      (after === undefined || this.#compare(row, after) < 0)
    );
  }

  /** The first place whose row does not come before this one. */
  #placeOf(row: Row): number {
    let low = 0;
    let high = this.#shown.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#shown[middle];
      if (other !== undefined && this.#compare(other, row) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
