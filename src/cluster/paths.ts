/** Paths of the Kubernetes API that the service uses. */

/** The path of the Deployments of one namespace, or of all. */
export function deploymentsPath(namespace: string | undefined): string {
  return collectionPath('apps/v1', 'deployments', namespace);
}

/**
 * The path of a collection in one namespace, or in all.
 * @param version the group with its version, for example `apps/v1`
 */
export function collectionPath(version: string, resource: string, namespace: string | undefined): string {
  const scope = namespace === undefined ? '' : `namespaces/${encodeURIComponent(namespace)}/`;
  return `/apis/${version}/${scope}${resource}`;
}

export function deploymentPath(namespace: string, name: string): string {
  return `${deploymentsPath(namespace)}/${encodeURIComponent(name)}`;
}

/** The path of the pods of one namespace. */
export function podsPath(namespace: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
}

export function scalePath(namespace: string, name: string): string {
  return `${deploymentPath(namespace, name)}/scale`;
}
