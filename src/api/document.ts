import { STATUS_CODES } from 'node:http';
import type { FastifyError } from '@fastify/error';
import type { TSchema } from 'typebox';
import { stringify } from 'yaml';
import { errorsOfEveryRequest } from './common-errors.ts';
import { type ErrorBody, ErrorSchema, errorBody } from './error-body.ts';
import * as errors from './errors.ts';
import { type AnswerHeader, answerHeaders, requestHeaders } from './headers.ts';
import type { Operation } from './operation.ts';

/** Builds the parts of the API document that the schemas of routes do not contain. */

/** Statuses of errors that never have an X-Request-Id, because they are answered before the request has been read. */
const WITHOUT_ID = [408, 431];

/** The name of the response to the statuses that an operation does not list. */
const OTHER_ERROR = 'OtherError';

/** The request headers, the body and the responses of an operation. @param body the schema of its body */
export function describeOperation(operation: Operation, body: TSchema | undefined) {
  const { description, schema, example, mediaType = 'application/json' } = operation.answer;
  return {
    parameters: [...(operation.requestHeaders ?? []), 'X-Request-Id'].map((name) => ref('parameters', name)),
    ...(body && { requestBody: { required: true, content: json({ schema: refTo(body) }) } }),
    responses: {
      200: {
        description,
        headers: headersOf(operation.answer),
        content: { [mediaType]: { schema: refTo(schema), example } },
      },
      ...(operation.requestHeaders?.includes('If-None-Match') && {
        304: {
          description: 'The client has the current answer: If-None-Match names its ETag',
          headers: headersOf(operation.answer, (name) => name !== 'Content-Encoding'),
        },
      }),
      ...errorResponses(operation),
      default: ref('responses', OTHER_ERROR),
    },
  };
}

/** The headers of an answer that it always has, and then those that it may have. @param isKept default: all are */
function headersOf(
  { headers, optionalHeaders = [] }: Operation['answer'],
  isKept: (name: AnswerHeader) => boolean = () => true,
) {
  const given = (required: boolean, names: readonly AnswerHeader[]) =>
    names.filter(isKept).map((name) => [name, header(name, required)]);
  return Object.fromEntries([...given(true, [...headers, 'X-Request-Id']), ...given(false, optionalHeaders)]);
}

/** The components that the operations refer to. @param bodies schemas, each with its name as title */
export function components(operations: readonly Operation[], bodies: ReadonlySet<TSchema>) {
  const common = [...new Set(errorsOfEveryRequest.map(statusOf))].sort();
  const shared = common.filter((status) =>
    operations.some(({ errors }) => !errors.map(statusOf).includes(status)),
  );
  return {
    securitySchemes: {
      clientCertificate: {
        type: 'mutualTLS',
        description:
          'A certificate from a CA that the service trusts, with a CN and the extended key usage clientAuth',
      },
    },
    schemas: {
      ...Object.fromEntries([...bodies].map((schema) => [nameOf(schema), withReferences(schema, bodies)])),
      [nameOf(ErrorSchema)]: {
        ...ErrorSchema,
        description: `The body of every error answer. \`code\` is one of:\n\n${errorTable()}`,
      },
    },
    parameters: Object.fromEntries(
      Object.entries(requestHeaders).map(([name, schema]) => [
        name,
        { name, in: 'header', ...optional(described(schema)) },
      ]),
    ),
    responses: {
      ...Object.fromEntries(shared.map((status) => [phrase(status), errorResponse(status, [])])),
      [OTHER_ERROR]: otherError(),
    },
    examples: errorExamples([...operations.flatMap(({ errors }) => errors), ...errorsOfEveryRequest]),
  };
}

/** One example per code: the first error with that code. */
function errorExamples(all: readonly FastifyError[]) {
  const byCode = new Map<string, { readonly value: ErrorBody }>();
  for (const error of all) if (!byCode.has(error.code)) byCode.set(error.code, { value: errorBody(error) });
  return Object.fromEntries([...byCode].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function toYaml(document: object): string {
  return stringify(document, { aliasDuplicateObjects: false, lineWidth: 110, blockQuote: 'literal' });
}

/** All codes with their statuses, as a Markdown table. */
function errorTable(): string {
  const all = Object.values(errors).map((ErrorOf) => new ErrorOf('', ''));
  const rows = all
    .sort((a, b) => statusOf(a) - statusOf(b))
    .map((error) => `| \`${error.code}\` | ${statusOf(error)} |`);
  return ['| Code | Status |', '| --- | --- |', ...rows].join('\n');
}

/**
 * The error responses of an operation, by status. A status to which it adds no errors refers to the shared response.
 */
function errorResponses(operation: Operation) {
  const { errors: own } = operation;
  const statuses = [...new Set([...own, ...errorsOfEveryRequest].map(statusOf))].sort();
  return Object.fromEntries(
    statuses.map((status) => {
      const added = own.filter((error) => statusOf(error) === status);
      const shared = ref('responses', phrase(status));
      return [status, added.length === 0 ? shared : errorResponse(status, added, operation)];
    }),
  );
}

function errorResponse(
  status: number,
  added: readonly FastifyError[],
  { errorHeaders = {}, errorsAfterWrite = [] }: Pick<Operation, 'errorHeaders' | 'errorsAfterWrite'> = {},
) {
  const own = added.flatMap(({ code }) => errorHeaders[code] ?? []);
  const possible = [...added, ...errorsOfEveryRequest.filter((error) => statusOf(error) === status)];
  return {
    description: `One of: ${possible.map(({ code }) => `\`${code}\``).join(', ')}`,
    headers: {
      // Optional, as a 400 may be answered that early too. Required with some statuses only, ogen makes code that does
      // not compile: it has one type for all errors with the same headers.
      ...(!WITHOUT_ID.includes(status) && { 'X-Request-Id': header('X-Request-Id', false) }),
      ...(status === 405 && { Allow: header('Allow', true) }),
      ...Object.fromEntries(own.map((name) => [name, header(name, false)])),
      ...((status === 429 || status === 503) && {
        'Retry-After': header('Retry-After', !added.some(({ code }) => errorsAfterWrite.includes(code))),
      }),
    },
    content: json({
      schema: refTo(ErrorSchema),
      examples: Object.fromEntries(possible.map(({ code }) => [code, ref('examples', code)])),
    }),
  };
}

/**
 * The response to any status that an operation does not list. Some generators have a typed error only where there is
 * such a response, and the clients of all can then read the errors that later versions add.
 */
function otherError() {
  const names = [
    ...['X-Request-Id', 'Allow', 'Retry-After', 'X-Replicas-Forecast', 'X-Previous-Replicas', 'Warning'],
    ...['X-Resource-Version', 'ETag', 'Location'],
  ] as const;
  return {
    description: 'Any other error, for example one that a later version of the service adds',
    headers: Object.fromEntries(names.map((name) => [name, header(name, false)])),
    content: json({ schema: refTo(ErrorSchema) }),
  };
}

function header(name: AnswerHeader, required: boolean) {
  return { ...(required && { required }), ...described(answerHeaders[name]) };
}

/**
 * Moves the example of an optional parameter into its schema. Swagger UI fills in the examples of parameters, so it
 * would send values that the user did not enter.
 */
export function optional<T extends { schema?: object; example?: unknown }>({
  schema,
  example,
  ...parameter
}: T) {
  return { ...parameter, schema: { ...schema, examples: [example] } };
}

/** A parameter or a header. In OpenAPI its description and example are outside its schema. */
function described({
  description,
  examples,
  ...schema
}: TSchema & { description?: string; examples?: unknown[] }) {
  return { description, schema, example: examples?.[0] };
}

function statusOf({ statusCode = 500 }: FastifyError): number {
  return statusCode;
}

/** The name of a status among the components: `NotFound`. */
function phrase(status: number): string {
  return (STATUS_CODES[status] ?? String(status)).replaceAll(/[^A-Za-z]/g, '');
}

function nameOf(schema: TSchema & { title?: string }): string {
  if (schema.title === undefined)
    throw new Error('the schema of a body needs a title, which is its name in the API document');
  return schema.title;
}

function ref(kind: string, name: string) {
  return { $ref: `#/components/${kind}/${name}` };
}

function refTo(schema: TSchema) {
  return ref('schemas', nameOf(schema));
}

/**
 * The schema with references to the components that it contains: otherwise generators make a second type of each. They are
 * found by their titles, because an optional part is a copy.
 */
function withReferences(schema: TSchema, components: ReadonlySet<TSchema>): object {
  const names = new Set<unknown>([...components].map(nameOf));
  return JSON.parse(
    JSON.stringify(schema, (key, value) =>
      key !== '' && isTitled(value) && names.has(value.title) ? ref('schemas', value.title) : value,
    ),
  );
}

function isTitled(value: unknown): value is { readonly title: string } {
  return typeof value === 'object' && value !== null && 'title' in value && typeof value.title === 'string';
}

function json(mediaType: object) {
  return { 'application/json': mediaType };
}
