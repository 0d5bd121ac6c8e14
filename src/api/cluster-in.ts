/** The `:cluster` parameter, if the route is mounted under it. */
export function clusterIn(params: unknown): string | undefined {
  const name =
    typeof params === 'object' && params !== null && 'cluster' in params ? params.cluster : undefined;
  return typeof name === 'string' ? name : undefined;
}
