/** A straight line through points, by least squares. */
export interface LinearFit {
  /** Of y per unit of x. */
  readonly slope: number;
  /** Half the width of the interval that has the true slope with a probability of 95 %. Infinite below three points. */
  readonly margin: number;
  /** Of y at x = 0. */
  readonly intercept: number;
}

/** Quantiles of Student's t for 97.5 %, for 1, 2, 3 ... degrees of freedom. Beyond them, an approximation is exact enough. */
const T = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14, 2.13];
const tQuantile = (degrees: number) => T[degrees - 1] ?? 1.96 + 2.4 / degrees;

/** Fits a line. The points should not depend on each other: one per minute, not one per second. */
export function linearFit(points: readonly (readonly [x: number, y: number])[]): LinearFit {
  const count = points.length;
  const mean = (of: 0 | 1) => points.reduce((sum, point) => sum + point[of], 0) / count;
  const [x, y] = [mean(0), mean(1)];
  const spread = points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
  const slope = points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0) / spread;
  const intercept = y - slope * x;
  const residual = points.reduce((sum, [at, value]) => sum + (value - intercept - slope * at) ** 2, 0);
  const margin =
    count < 3 ? Number.POSITIVE_INFINITY : tQuantile(count - 2) * Math.sqrt(residual / (count - 2) / spread);
  return { slope, margin, intercept };
}
