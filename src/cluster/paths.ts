/** Paths of the Kubernetes API that the service uses. */

/** The path of the Deployments of one namespace, or of all. */
export function deploymentsPath(namespace: string | undefined): string {
  return namespace === undefined
    ? '/apis/apps/v1/deployments'
    : `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/deployments`;
}

export function deploymentPath(namespace: string, name: string): string {
  return `${deploymentsPath(namespace)}/${encodeURIComponent(name)}`;
}

export function scalePath(namespace: string, name: string): string {
  return `${deploymentPath(namespace, name)}/scale`;
}
