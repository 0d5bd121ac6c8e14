import { IsObject, IsSchema } from 'typebox';
import type { Rights } from '../../../plugins/request-cluster.ts';
import { errorsOfEveryRequest } from '../../../src/api/common-errors.ts';
import { requestHeaders } from '../../../src/api/headers.ts';
import type { Operation } from '../../../src/api/operation.ts';
import { type DocumentedRoute, documentedRoutes } from './documented-routes.ts';

const RIGHTS: Readonly<Record<Rights, string>> = {
  none: 'any usable certificate',
  'get deployments/scale': '`get` on `deployments/scale`',
  'patch deployments/scale': '`patch` on `deployments/scale`',
  'list deployments': '`list` on `deployments`',
};

/** The mount path of the routes of a cluster that is named in the path. */
const CLUSTER_MOUNT = '/{cluster}';

interface DocumentedOperation {
  readonly operation: Operation;
  readonly route: DocumentedRoute;
  /** `GET /healthz`, then `GET /{cluster}/healthz` if it has that too. */
  readonly requests: readonly string[];
}

/** The text of docs/reference/operations.md: every operation, from the routes. */
export async function operationsReference(): Promise<string> {
  const routes = await documentedRoutes();
  const operations = grouped(routes);
  const tags = [...new Set(operations.map(({ operation }) => operation.tag))];
  const overview = operations.map(
    ({ operation, route, requests: [request] }) =>
      `| [${operation.operationId}](#${operation.operationId.toLowerCase()}) | \`${request}\` | ${operation.summary} | ${RIGHTS[route.rights]} |`,
  );
  const sections = tags.map((tag) => {
    const own = operations.filter(({ operation }) => operation.tag === tag);
    return `## ${tag}\n\n${own.map(sectionOf).join('\n\n')}`;
  });
  const others = routes.filter(({ operation }) => operation === undefined);
  return `# Operations

Each operation with its parameters, the right that its client needs in the RBAC of the cluster, and its errors. \`make docs\`
generates this page from the routes; [openapi.yaml](../../openapi.yaml), from the same source, has the schemas of bodies too.
[API](api.md) shows them in use.

An operation with \`/{cluster}\` in its second path takes the cluster of that name; without it, the default cluster. Every \`GET\`
may be a \`HEAD\`. Besides its own errors, an operation has those of [every request](errors.md), and with \`/{cluster}\`
[CLUSTER_NOT_FOUND](errors.md#cluster_not_found).

| Operation | Request | | Needs |
| --- | --- | --- | --- |
${overview.join('\n')}

${sections.join('\n\n')}

## Outside the API document

| Request | Needs |
| --- | --- |
${others.map(({ method, path, rights }) => `| \`${method} ${path}\` | ${RIGHTS[rights]} |`).join('\n')}

\`DOCS=false\` leaves out the API document and Swagger UI, \`PAGE=false\` the page. The management listener has paths of its own:
[Run and observe](../how-to/run-and-observe.md#management-listener).
`;
}

/** The operations, each with all of its paths: first those of clusters, then those of the fleet. */
function grouped(routes: readonly DocumentedRoute[]): DocumentedOperation[] {
  const byId = new Map<string, DocumentedOperation>();
  for (const route of routes) {
    const { operation, method, path } = route;
    if (operation === undefined) continue;
    const known = byId.get(operation.operationId);
    const requests = [...(known?.requests ?? []), `${method} ${path}`];
    byId.set(operation.operationId, { operation, route: known?.route ?? route, requests });
  }
  return [...byId.values()];
}

function sectionOf({ operation, route, requests }: DocumentedOperation): string {
  const { operationId, summary, description, deprecated, answer } = operation;
  const body =
    IsSchema(route.schema.body) && 'title' in route.schema.body ? route.schema.body.title : undefined;
  const optional = answer.optionalHeaders ?? [];
  const parts = [
    `### ${operationId}`,
    requests.map((request) => `\`${request}\``).join(', '),
    `${deprecated ? '**Deprecated.** ' : ''}${summary}. ${description}`,
    parametersOf(operation, route),
    [
      `- **Needs**: ${RIGHTS[route.rights]}`,
      ...(body === undefined ? [] : [`- **Body**: \`${body}\``]),
      `- **Answer**: \`${titleOf(answer.schema)}\`${answer.mediaType === undefined ? '' : ` as \`${answer.mediaType}\``}`,
      ...(answer.headers.length > 0 ? [`- **Headers**: ${codes(answer.headers)}`] : []),
      ...(optional.length > 0 ? [`- **Headers it may have**: ${codes(optional)}`] : []),
      `- **Errors**: ${errorsOf(operation)}`,
    ].join('\n'),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function parametersOf(
  { requestHeaders: headers = [] }: Operation,
  { schema, path }: DocumentedRoute,
): string {
  const rows = [
    ...(path.startsWith(CLUSTER_MOUNT) ? ['| `cluster` | path | yes | Name of a cluster |'] : []),
    ...rowsOf(schema.params, 'path'),
    ...rowsOf(schema.querystring, 'query'),
    ...headers.map((name) => `| \`${name}\` | header | no | ${cell(requestHeaders[name])} |`),
  ];
  return rows.length === 0
    ? ''
    : `| Parameter | In | Needed | Meaning |\n| --- | --- | --- | --- |\n${rows.join('\n')}`;
}

function rowsOf(schema: unknown, place: string): string[] {
  if (!IsObject(schema)) return [];
  const required: readonly unknown[] = schema.required ?? [];
  return Object.entries(schema.properties).map(
    ([name, property]) =>
      `| \`${name}\` | ${place} | ${required.includes(name) ? 'yes' : 'no'} | ${cell(property)} |`,
  );
}

function cell(schema: object): string {
  const description = 'description' in schema ? String(schema.description) : '';
  return description.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function errorsOf({ errors }: Operation): string {
  const common = errorsOfEveryRequest.map(({ code }) => code);
  const own = [...new Set(errors.map(({ code }) => code))].filter((code) => !common.includes(code)).sort();
  return own.length === 0
    ? 'only those of every request'
    : own.map((code) => `[${code}](errors.md#${code.toLowerCase()})`).join(', ');
}

function codes(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

/** The name of a body in the API document; undefined: there is no such body. */
function titleOf(schema: unknown): string | undefined {
  return IsSchema(schema) && 'title' in schema ? String(schema.title) : undefined;
}
