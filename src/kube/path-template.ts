/** API and version, namespace, resource, name and subresource. */
const PATH = /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)(\/namespaces\/[^/]+)?\/([a-z]+)(\/[^/]+)?(\/[a-z]+)?$/;

/**
 * The path of a request to the API server without names: `/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale`. There
 * are few of these, so that spans can be grouped by them. Other paths, such as /version, have no names.
 */
export function pathTemplate(path: string): string {
  const [, api, namespace, resource, name, subresource = ''] = PATH.exec(path) ?? [];
  if (api === undefined) return path;
  return `${api}${namespace ? '/namespaces/{namespace}' : ''}/${resource}${name ? '/{name}' : ''}${subresource}`;
}
