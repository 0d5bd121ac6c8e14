/** First segments of the paths that the service has. plugins/reserved-paths.ts tells where one is missing. */
export const ROUTE_SEGMENTS: readonly string[] = [
  'clusters',
  'deployments',
  'docs',
  'healthz',
  'replica-count',
];

/** Kept free: names that mean a path somewhere else, and those of paths that the service may come to have. */
const KEPT_FREE: readonly string[] = [
  'livez',
  'readyz',
  'metrics',
  'openapi',
  'set-replica-count',
  'events',
  'limits',
  'scale',
  'statefulsets',
  'changes',
  'page',
  'ui',
];

/** Names that no cluster can have, because `/{cluster}` would be taken for another path, now or later. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([...ROUTE_SEGMENTS, ...KEPT_FREE]);
