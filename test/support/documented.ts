import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';

/** An answer of the service to a request. */
export interface DocumentedAnswer {
  readonly method: string;
  /** The path, with or without its query. */
  readonly path: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

interface Response {
  readonly headers?: Readonly<Record<string, { readonly required?: boolean; readonly schema: object }>>;
  readonly content: Readonly<Record<string, { readonly schema: object; readonly examples?: object }>>;
}
type Operation = { readonly responses: Readonly<Record<string, Response>> };
type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

const PATHS = dereferenced(parse(readFileSync(new URL('../../openapi.yaml', import.meta.url), 'utf8'))).paths;
/** Headers are text, whatever type their schema has. */
const headerAjv = new Ajv2020({ strict: false, validateFormats: false, coerceTypes: true });
const bodyAjv = new Ajv2020({ strict: false, validateFormats: false });

/** Headers that belong to HTTP itself, or are the same on every answer. */
const GENERAL_HEADERS = new Set([
  'cache-control',
  'connection',
  'content-length',
  'content-type',
  'date',
  'keep-alive',
  'x-content-type-options',
]);
/** The paths that serve the API document. */
const ABOUT_THE_DOCUMENT = /^\/(docs|openapi\.)/;

/** Throws unless openapi.yaml documents this answer to the request: its status, its headers and its body. */
export function expectDocumented(answer: DocumentedAnswer): void {
  if (ABOUT_THE_DOCUMENT.test(answer.path)) return;
  const { method, path, status } = answer;
  const found = fault(answer);
  if (found !== undefined) throw new Error(`not in openapi.yaml: ${method} ${path} ${status}: ${found}`);
}

/** The undocumented part of the answer, or undefined. */
function fault({ method, path, status, headers, body }: DocumentedAnswer): string | undefined {
  const response = responsesTo(method, path)[status];
  if (response === undefined) return 'the status';
  const documented = Object.entries(response.headers ?? {});
  for (const [name, { required = false, schema }] of documented) {
    const value = headers[name.toLowerCase()];
    if (value === undefined ? required : !headerAjv.validate(schema, value)) return `${name}: ${value}`;
  }
  const names = new Set(documented.map(([name]) => name.toLowerCase()));
  const unknown = Object.keys(headers).filter((name) => !names.has(name) && !GENERAL_HEADERS.has(name));
  if (unknown.length > 0) return `header ${unknown.join()}`;

  const type = String(headers['content-type']);
  const content = response.content[type.replace('; charset=utf-8', '')];
  if (content === undefined) return `type ${type}`;
  if (method === 'HEAD') return body === '' ? undefined : 'a body';
  const parsed: unknown = JSON.parse(body);
  if (!bodyAjv.validate(content.schema, parsed)) return `${body}: ${bodyAjv.errorsText()}`;
  // The document contains one example per code.
  const code = status < 400 ? undefined : Object(parsed).code;
  return code === undefined || Object.hasOwn(content.examples ?? {}, code) ? undefined : `code ${code}`;
}

/** The responses by status. Requests that match no operation get errors that every operation has. */
function responsesTo(method: string, url: string): Operation['responses'] {
  const path = pathIn(url);
  const templated = Object.keys(PATHS).find((template) => matches(template, path));
  const item = PATHS[path] ?? PATHS[templated ?? ''];
  const operation = item?.[method === 'HEAD' ? 'get' : method.toLowerCase()];
  return (operation ?? PATHS['/healthz']?.get)?.responses ?? {};
}

/** The path of the URL as the router reads it: `/replica%2Dcount` is `/replica-count`. */
function pathIn(url: string): string {
  const [path = ''] = url.split('?', 1);
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

function matches(template: string, path: string): boolean {
  const parts = path.split('/');
  const wanted = template.split('/');
  return (
    wanted.length === parts.length && wanted.every((part, at) => part.startsWith('{') || part === parts[at])
  );
}

/** The document with its references replaced by what they refer to. */
function dereferenced(document: object): { readonly paths: Paths } {
  let text = JSON.stringify(document);
  while (text.includes('"$ref"')) {
    const whole = JSON.parse(text);
    const replace = (_key: string, value: { readonly $ref?: string } | null) =>
      typeof value?.$ref === 'string'
        ? value.$ref
            .slice(2)
            .split('/')
            .reduce((node, key) => node[key], whole)
        : value;
    text = JSON.stringify(JSON.parse(text, replace));
  }
  return JSON.parse(text);
}
