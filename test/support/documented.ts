import { readFileSync } from 'node:fs';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
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
  /** Absent for a response without a body. */
  readonly content?: Readonly<Record<string, { readonly schema: object; readonly examples?: object }>>;
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
  'transfer-encoding',
  'x-content-type-options',
]);
/** Statuses of errors that may be answered before a request has been read, and then without its id. */
const POSSIBLY_WITHOUT_ID = [400, 408, 431];
/** The paths that serve the API document and the page. */
const FOR_PEOPLE = /^\/($|docs|openapi\.)/;

/** Throws unless openapi.yaml documents this answer to the request: its status, its headers and its body. */
export function expectDocumented(answer: DocumentedAnswer): void {
  if (FOR_PEOPLE.test(answer.path)) return;
  const { method, path, status } = answer;
  const found = fault(answer);
  if (found !== undefined) throw new Error(`not in openapi.yaml: ${method} ${path} ${status}: ${found}`);
}

/**
 * The undocumented part of the answer, or undefined. The status of an error must be named in the operation, although
 * the default response would cover it. The answer must match both, as generated clients read it by either.
 */
function fault(answer: DocumentedAnswer): string | undefined {
  const { [answer.status]: response, default: other } = responsesTo(answer.method, answer.path);
  if (response === undefined) return 'the status';
  if (answer.headers['x-request-id'] === undefined && !POSSIBLY_WITHOUT_ID.includes(answer.status))
    return 'no X-Request-Id';
  const own = mismatch(answer, response) ?? undocumentedCode(answer, response);
  if (own !== undefined || answer.status < 400) return own;
  if (other === undefined) return 'no default response';
  const general = mismatch(answer, other);
  return general && `default response: ${general}`;
}

/** The part of the answer that does not match the response, or undefined. */
function mismatch({ method, headers, body }: DocumentedAnswer, response: Response): string | undefined {
  const documented = Object.entries(response.headers ?? {});
  for (const [name, { required = false, schema }] of documented) {
    const value = headers[name.toLowerCase()];
    // A header that comes several times is a list.
    const isValid = [value].flat().every((each) => headerAjv.validate(schema, each));
    if (value === undefined ? required : !isValid) return `${name}: ${value}`;
  }
  const names = new Set(documented.map(([name]) => name.toLowerCase()));
  const unknown = Object.keys(headers).filter((name) => !names.has(name) && !GENERAL_HEADERS.has(name));
  if (unknown.length > 0) return `header ${unknown.join()}`;

  if (response.content === undefined) return body === '' ? undefined : 'a body';
  const content = contentOf(headers, response);
  if (content === undefined) return `type ${headers['content-type']}`;
  if (method === 'HEAD') return body === '' ? undefined : 'a body';
  const isJson = String(headers['content-type']).startsWith('application/json');
  const value = isJson ? JSON.parse(body) : body;
  return bodyAjv.validate(content.schema, value) ? undefined : `${body}: ${bodyAjv.errorsText()}`;
}

/** The code of an error that is not among the examples of the response, which has one per code; or undefined. */
function undocumentedCode({ method, status, headers, body }: DocumentedAnswer, response: Response) {
  if (status < 400 || method === 'HEAD') return undefined;
  const { code } = Object(JSON.parse(body));
  return Object.hasOwn(contentOf(headers, response)?.examples ?? {}, code) ? undefined : `code ${code}`;
}

function contentOf(headers: DocumentedAnswer['headers'], { content }: Response) {
  return content?.[String(headers['content-type']).replace('; charset=utf-8', '')];
}

/** The text of the body of an answer, which may be compressed. The body of an answer to HEAD is empty. */
export function textOf(headers: DocumentedAnswer['headers'], body: Buffer): string {
  return String(body.length === 0 ? body : decompressed(headers['content-encoding'], body));
}

function decompressed(coding: unknown, body: Buffer): Buffer {
  switch (coding) {
    case 'br':
      return brotliDecompressSync(body);
    case 'zstd':
      return zstdDecompressSync(body);
    case 'gzip':
      return gunzipSync(body);
    default:
      return body;
  }
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
