import { STATUS_CODES } from 'node:http';
import type { FastifyError } from '@fastify/error';
import { errorsOfEveryRequest } from '../../../src/api/common-errors.ts';
import * as errors from '../../../src/api/errors.ts';
import { type DocumentedRoute, documentedRoutes } from './documented-routes.ts';
import { ERROR_GUIDE } from './error-guide.ts';

/** The catalogue: one error of each code, with a message that an operation gives as its example if there is one. */
export function catalogue(routes: readonly DocumentedRoute[]): FastifyError[] {
  const examples = [...routes.flatMap(({ operation }) => operation?.errors ?? []), ...errorsOfEveryRequest];
  return Object.values(errors)
    .map((ErrorOf) => new ErrorOf('...', '...'))
    .map((error) => examples.find(({ code }) => code === error.code) ?? error);
}

/** The text of docs/reference/errors.md. @throws Error if the guide does not have exactly the codes of the catalogue */
export async function errorsReference(): Promise<string> {
  const routes = await documentedRoutes();
  const all = catalogue(routes);
  const codes = all.map(({ code }) => code);
  const wrong = [
    ...codes.filter((code) => !(code in ERROR_GUIDE)).map((code) => `${code} is missing`),
    ...Object.keys(ERROR_GUIDE)
      .filter((code) => !codes.includes(code))
      .map((code) => `${code} is not an error of the service`),
  ];
  if (wrong.length > 0) throw new Error(`test/support/docs/error-guide.ts: ${wrong.join(', ')}`);
  const statuses = [...new Set(all.map(statusOf))].sort((a, b) => a - b);
  const sections = statuses.map((status) => {
    const entries = all.filter((error) => statusOf(error) === status).map((each) => entryOf(each, routes));
    return `## ${status} ${STATUS_CODES[status]}\n\n${entries.join('\n\n')}`;
  });
  return `# Errors

Every error has the same body, and its \`code\` is stable: programs decide by it, never by the message. An operation has the
errors that it [names](operations.md), and any request may have those of *every request*. \`make docs\` generates this page from
\`src/api/errors.ts\`, the routes and \`test/support/docs/error-guide.ts\`.

    {"statusCode":404,"code":"DEPLOYMENT_NOT_FOUND","error":"Not Found","message":"There is no Deployment nope in namespace default"}

A request may be sent again as it is, after the seconds of \`Retry-After\`, if the entry says that it has that header. The
\`X-Request-Id\` of the answer is in the log of the service. In a batch the items have these codes too.

${sections.join('\n\n')}
`;
}

function entryOf(error: FastifyError, routes: readonly DocumentedRoute[]): string {
  const { code, message } = error;
  const { when, todo } = ERROR_GUIDE[code] ?? { when: '', todo: '' };
  return `### ${code}

> ${message}

- **When**: ${when}.
- **What to do**: ${todo}.
- **\`Retry-After\`**: ${retryAfter(error, routes)}.
- **Operations**: ${operationsOf(code, routes)}.`;
}

function retryAfter(error: FastifyError, routes: readonly DocumentedRoute[]): string {
  if (![429, 503].includes(statusOf(error))) return 'no';
  const after = routes.some(({ operation }) => operation?.errorsAfterWrite?.includes(error.code));
  if (after) return 'yes on a read; not after a write, which must not be made twice';
  return answeredBy(error.code, routes).length === 0 && !isOfEvery(error.code) ? 'no' : 'yes';
}

function operationsOf(code: string, routes: readonly DocumentedRoute[]): string {
  if (isOfEvery(code)) return 'every request';
  const names = answeredBy(code, routes).map((name) => `[${name}](operations.md#${name.toLowerCase()})`);
  if (names.length > 0) return names.join(', ');
  if (code === 'CLUSTER_NOT_FOUND') return 'all with `/{cluster}` in front of the path';
  return 'items of [scaleBatch](operations.md#scalebatch)';
}

function answeredBy(code: string, routes: readonly DocumentedRoute[]): string[] {
  const names = routes
    .filter(({ operation }) => operation?.errors.some((error) => error.code === code))
    .flatMap(({ operation }) => operation?.operationId ?? []);
  return [...new Set(names)];
}

function isOfEvery(code: string): boolean {
  return errorsOfEveryRequest.some((error) => error.code === code);
}

function statusOf({ statusCode = 500 }: FastifyError): number {
  return statusCode;
}
