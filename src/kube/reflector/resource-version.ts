/**
 * The resourceVersions of one resource type are integers of any length that increase with every change, and may be
 * compared (Kubernetes API concepts, "Resource versions"). They are compared as strings, because numbers lose digits
 * beyond 2^53.
 */

const NUMERIC = /^[1-9][0-9]*$/;

/** Whether a resourceVersion can be compared. API servers other than that of Kubernetes may use opaque strings. */
export function isComparable(resourceVersion: string): boolean {
  return NUMERIC.test(resourceVersion);
}

/** Negative if `a` is older than `b`, zero if they are equal, positive if it is newer. Both must be comparable. */
export function compareResourceVersions(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether `a` is certainly newer than `b`. Opaque versions never are. */
export function isProvablyNewer(a: string, b: string): boolean {
  return isComparable(a) && isComparable(b) && compareResourceVersions(a, b) > 0;
}

/** Whether `a` can be newer than `b`. Opaque versions always can. */
export function mayBeNewer(a: string, b: string): boolean {
  return !isComparable(a) || !isComparable(b) || compareResourceVersions(a, b) > 0;
}

/** The newer of the two. If they cannot be compared, because one is opaque or empty, it is `b`. */
export function newestOf(a: string, b: string): string {
  return isProvablyNewer(a, b) ? a : b;
}

/**
 * Whether a state at resourceVersion `current` contains every change up to `wanted`. `current` is empty if there is
 * none.
 */
export function hasReached(current: string, wanted: string): boolean {
  if (current === wanted) return true;
  return isComparable(current) && isComparable(wanted) && compareResourceVersions(wanted, current) <= 0;
}
