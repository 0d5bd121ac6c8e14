import { at, type KubeRequests } from '../helpers/kube-requests.ts';
import { until } from '../helpers/until.ts';

/**
 * Resolves once the API server lets this user get the scale of Deployments in the namespace. It hears of a role or a
 * binding some milliseconds after it has answered for it, and the service remembers a denial for longer.
 */
export async function bindingHolds(kube: KubeRequests, user: string, namespace: string): Promise<void> {
  const resourceAttributes = {
    verb: 'get',
    group: 'apps',
    resource: 'deployments',
    subresource: 'scale',
    namespace,
  };
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user, resourceAttributes },
  };
  await until(async () => {
    const { body } = await kube.post('/apis/authorization.k8s.io/v1/subjectaccessreviews', review);
    return at(body, 'status.allowed') === true;
  });
}
