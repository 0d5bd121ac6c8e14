/** The smallest Deployment that the API server accepts. */
export function deployment(name: string, replicas: number) {
  const labels = { app: 'contract' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'nginx' }] } },
    },
  };
}

/** The Status of a refusal. `message` may be a matcher. */
export function failure(code: number, reason: string | undefined, message: unknown, details?: object) {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason === undefined ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  };
}

export function notFound(name: string) {
  const details = { name, group: 'apps', kind: 'deployments' };
  return failure(404, 'NotFound', `deployments.apps "${name}" not found`, details);
}

/** The refusal of system:anonymous by RBAC. */
export function forbidden(verb: string, resource: string, where: string, name?: string) {
  const subject = name === undefined ? 'deployments.apps' : `deployments.apps "${name}"`;
  const named = name === undefined ? {} : { name };
  return failure(
    403,
    'Forbidden',
    `${subject} is forbidden: User "system:anonymous" cannot ${verb} resource "${resource}" in API group "apps" ${where}`,
    { ...named, group: 'apps', kind: 'deployments' },
  );
}
