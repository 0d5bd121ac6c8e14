/** The first segments of the paths of the service. plugins/reserved-paths.ts reports one that is missing here. */
export const ROUTE_SEGMENTS: readonly string[] = [
  'clusters',
  'deployments',
  'docs',
  'events',
  'healthz',
  'limits',
  'replica-count',
  'scale',
];

/** Names of paths that other services commonly have, and of paths that this service may get in the future. */
const FUTURE_SEGMENTS: readonly string[] = [
  'livez',
  'readyz',
  'metrics',
  'openapi',
  'set-replica-count',
  'statefulsets',
  'changes',
  'page',
  'ui',
];

/** Names that no cluster can have, because `/{cluster}` would be the same as another path, now or in the future. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([...ROUTE_SEGMENTS, ...FUTURE_SEGMENTS]);
