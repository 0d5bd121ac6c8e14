import { expect, it } from 'vitest';
import { pathTemplate } from '../../../src/kube/path-template.ts';

it.each([
  ['/apis/apps/v1/deployments', '/apis/apps/v1/deployments'],
  ['/apis/apps/v1/namespaces/shop/deployments', '/apis/apps/v1/namespaces/{namespace}/deployments'],
  [
    '/apis/apps/v1/namespaces/shop/deployments/cart/scale',
    '/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale',
  ],
  ['/api/v1/namespaces/deployments/pods', '/api/v1/namespaces/{namespace}/pods'],
  ['/apis/keda.sh/v1alpha1/scaledobjects', '/apis/keda.sh/v1alpha1/scaledobjects'],
  [
    '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    '/apis/authorization.k8s.io/v1/subjectaccessreviews',
  ],
  ['/version', '/version'],
])('the template of %s has no names', (path, template) => {
  expect(pathTemplate(path)).toBe(template);
});
