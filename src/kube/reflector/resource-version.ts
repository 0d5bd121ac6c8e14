/**
 * resourceVersions of one resource type are integers that grow with every change and may be compared, of any length
 * (Kubernetes API concepts, "Resource versions"). They are compared as strings: a number loses digits beyond 2^53.
 */

const NUMERIC = /^[1-9][0-9]*$/;

/** Whether a resourceVersion can be compared; API servers other than Kubernetes' own may use opaque strings. */
export function isComparable(resourceVersion: string): boolean {
  return NUMERIC.test(resourceVersion);
}

/** Negative, zero or positive, as `a` is older than, the same as or newer than `b`. Both must be comparable. */
export function compareResourceVersions(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether `a` is certain to be newer than `b`. Nothing is certain of opaque versions. */
export function isProvablyNewer(a: string, b: string): boolean {
  return isComparable(a) && isComparable(b) && compareResourceVersions(a, b) > 0;
}

/** Whether `a` can be newer than `b`. Opaque versions always can. */
export function mayBeNewer(a: string, b: string): boolean {
  return !isComparable(a) || !isComparable(b) || compareResourceVersions(a, b) > 0;
}

/** The newer of two; of opaque ones, and of an empty one and another, the second. */
export function newestOf(a: string, b: string): string {
  return isProvablyNewer(a, b) ? a : b;
}

/** Whether a state at the resourceVersion `current`, empty for none, holds every change up to `wanted`. */
export function hasReached(current: string, wanted: string): boolean {
  if (current === wanted) return true;
  return isComparable(current) && isComparable(wanted) && compareResourceVersions(wanted, current) <= 0;
}
