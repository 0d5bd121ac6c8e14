import { at, type KubeRequests } from '../kube-requests.ts';

/** The user of an access review. */
export interface Who {
  readonly user: string;
  readonly groups?: readonly string[];
}

/** The `spec` of a SubjectAccessReview. */
export interface Question extends Who {
  readonly resourceAttributes: Readonly<Record<string, string>>;
}

/** The decision of the RBAC of the API server. */
export async function allows(kube: KubeRequests, spec: Question): Promise<boolean> {
  const { body } = await kube.post('/apis/authorization.k8s.io/v1/subjectaccessreviews', { spec });
  return at(body, 'status.allowed') === true;
}

/**
 * Whether the API server lets this user get the scale of that Deployment. A new or deleted role or binding takes effect
 * some milliseconds after the API server has answered, but the service remembers a decision for much longer. Wait
 * for this after a change of rights, before a request to the service.
 */
export function mayGetScale(kube: KubeRequests, who: Who, namespace: string, name: string): Promise<boolean> {
  const where = { group: 'apps', resource: 'deployments', subresource: 'scale', namespace, name };
  return allows(kube, { ...who, resourceAttributes: { verb: 'get', ...where } });
}
