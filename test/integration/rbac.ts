import { at, type KubeRequests } from '../helpers/kube-requests.ts';
import { until } from '../helpers/until.ts';

/** The `spec` of a SubjectAccessReview. */
export interface Question {
  readonly user: string;
  readonly groups?: readonly string[];
  readonly resourceAttributes: Readonly<Record<string, string>>;
}

/** What the API server's own RBAC says. */
export async function allows(kube: KubeRequests, spec: Question): Promise<boolean> {
  const { body } = await kube.post('/apis/authorization.k8s.io/v1/subjectaccessreviews', { spec });
  return at(body, 'status.allowed') === true;
}

/**
 * Resolves once the API server lets this user get the scale of Deployments in the namespace. It hears of a role or a
 * binding some milliseconds after it has answered for it, and the service remembers a denial for longer.
 */
export async function bindingHolds(kube: KubeRequests, user: string, namespace: string): Promise<void> {
  const where = { group: 'apps', resource: 'deployments', subresource: 'scale', namespace };
  await until(() => allows(kube, { user, resourceAttributes: { verb: 'get', ...where } }));
}
