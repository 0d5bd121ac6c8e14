import { at, type KubeRequests } from '../kube-requests.ts';

/** Somebody whom the API server is asked about. */
export interface Who {
  readonly user: string;
  readonly groups?: readonly string[];
}

/** The `spec` of a SubjectAccessReview. */
export interface Question extends Who {
  readonly resourceAttributes: Readonly<Record<string, string>>;
}

/** What the API server's own RBAC says. */
export async function allows(kube: KubeRequests, spec: Question): Promise<boolean> {
  const { body } = await kube.post('/apis/authorization.k8s.io/v1/subjectaccessreviews', { spec });
  return at(body, 'status.allowed') === true;
}

/**
 * Whether the API server lets this user get the scale of that Deployment. It hears of a role, of a binding and of their
 * end some milliseconds after it has answered for it, while the service remembers what it was told for much longer: who
 * changes a right waits for this before asking the service.
 */
export function mayGetScale(kube: KubeRequests, who: Who, namespace: string, name: string): Promise<boolean> {
  const where = { group: 'apps', resource: 'deployments', subresource: 'scale', namespace, name };
  return allows(kube, { ...who, resourceAttributes: { verb: 'get', ...where } });
}
