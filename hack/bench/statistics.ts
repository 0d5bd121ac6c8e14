/** The middle of some figures; with an even number, the mean of the two in the middle. NaN of none. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const high = sorted[Math.floor(middle)] ?? Number.NaN;
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  return (low + high) / 2;
}

/** The smallest figure that at least `percent` of the sorted figures do not exceed. NaN of none. */
export function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN;
}

/** The median of the ratios of figures that were measured one after the other, so that a busy machine slows both. */
export function medianRatio(figures: readonly number[], others: readonly number[]): number {
  return median(
    figures.slice(0, others.length).map((figure, round) => figure / (others[round] ?? Number.NaN)),
  );
}
