/**
 * The required outcome of a request, written from the API contract and
 * sharing no code with the product's validators.
 */

/** A request as the generators make it. */
export interface FuzzRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | undefined;
}

/** The existing Deployments: `namespace/name` and the count. */
export type World = ReadonlyMap<string, { readonly replicas: number; readonly tag: string }>;

export type Verdict =
  | { readonly kind: 'written'; readonly key: string; readonly replicas: number }
  | { readonly kind: 'read'; readonly body: string | undefined }
  | { readonly kind: 'refused'; readonly codes: readonly string[] };

const refused = (...codes: string[]): Verdict => ({ kind: 'refused', codes });
/** The operations of one cluster, with or without its name in front. */
const CLUSTER_PATHS: Readonly<Record<string, readonly string[]>> = {
  '/healthz': ['GET', 'HEAD'],
  '/deployments': ['GET', 'HEAD'],
  '/replica-count': ['GET', 'HEAD', 'POST'],
};
/** The only cluster. */
const CLUSTER = 'default';
const OWN_PATHS: Readonly<Record<string, readonly string[]>> = {
  ...CLUSTER_PATHS,
  '/clusters': ['GET', 'HEAD'],
  '/clusters/deployments': ['GET', 'HEAD'],
};
const NAMED_PATHS: Readonly<Record<string, readonly string[]>> = {
  ...CLUSTER_PATHS,
  '/set-replica-count': ['POST'],
};

/** A path of the service: an operation and the cluster name in front of it. */
interface Place {
  readonly path: string;
  readonly cluster: string | undefined;
  readonly methods: readonly string[];
}

function placeOf(path: string): Place | undefined {
  if (Object.hasOwn(OWN_PATHS, path)) return { path, cluster: undefined, methods: OWN_PATHS[path] ?? [] };
  const slash = path.indexOf('/', 1);
  const [cluster, rest] = [path.slice(1, slash), path.slice(slash)];
  if (slash < 2 || !Object.hasOwn(NAMED_PATHS, rest)) return undefined;
  return { path: rest, cluster: unescaped(cluster), methods: NAMED_PATHS[rest] ?? [] };
}

/** The required outcome of a request. */
export function judge({ method, url, headers, body }: FuzzRequest, world: World): Verdict {
  if (url.includes('#')) return refused('MALFORMED_REQUEST', 'INVALID_URL');
  const mark = url.indexOf('?');
  const rawPath = mark === -1 ? url : url.slice(0, mark);
  const wholePath = decodedPath(rawPath);
  if (wholePath === undefined) return refused('INVALID_URL');
  if (url.length > 2048) return refused('URL_TOO_LONG');
  const place = placeOf(wholePath);
  if (place === undefined) return refused('ROUTE_NOT_FOUND');
  const { path, cluster } = place;
  const known = cluster === undefined || cluster === CLUSTER;
  if (!place.methods.includes(method))
    return refused(rawPath === wholePath && known ? 'METHOD_NOT_ALLOWED' : 'ROUTE_NOT_FOUND');
  if (!known) return refused('CLUSTER_NOT_FOUND');
  const query = parametersOf(mark === -1 ? '' : url.slice(mark + 1));
  if (method === 'POST') return judgeWrite(query, headers, body, world);
  if (path === '/healthz')
    return query.size === 0 ? read(method, '{"status":"OK"}') : refused('INVALID_QUERY');
  if (path === '/clusters') return query.size === 0 ? read(method, CLUSTERS) : refused('INVALID_QUERY');
  if (path === '/clusters/deployments') {
    if (!isGoodQuery(query, { namespace: false })) return refused('INVALID_QUERY');
    const list = listOf(world, query.get('namespace')?.[0]);
    return read(method, `{"clusters":[{"name":"${CLUSTER}",${list.slice(1)}]}`);
  }
  const names = path === '/deployments' ? { namespace: false } : { namespace: true, deployment: true };
  if (!isGoodQuery(query, { ...names, maxAge: false, minResourceVersion: false }))
    return refused('INVALID_QUERY');
  if (path === '/deployments') return read(method, listOf(world, query.get('namespace')?.[0]));
  const found = world.get(keyOf(query));
  return found === undefined
    ? refused('DEPLOYMENT_NOT_FOUND')
    : read(method, `{"replicaCount":${found.replicas}}`);
}

function judgeWrite(
  query: Parameters,
  headers: Readonly<Record<string, string>>,
  body: string | Buffer | undefined,
  world: World,
): Verdict {
  const bytes = Buffer.from(body ?? '');
  const type = headers['content-type'];
  if (bytes.length === 0 && type === undefined) return refused('INVALID_BODY', 'INVALID_QUERY');
  if (!isJsonType(type ?? '')) return refused('UNSUPPORTED_MEDIA_TYPE');
  if ((headers['content-encoding'] ?? 'identity') !== 'identity' && bytes.length <= 1024)
    return refused('UNSUPPORTED_MEDIA_TYPE', 'INVALID_BODY');
  if (bytes.length > 1024) return refused('BODY_TOO_LARGE');
  const replicas = countIn(bytes);
  // The contract does not say which of two mistakes is reported.
  const mistakes = [
    ...(replicas === undefined ? ['INVALID_BODY'] : []),
    ...(isGoodQuery(query, { namespace: true, deployment: true }) ? [] : ['INVALID_QUERY']),
  ];
  if (mistakes.length > 0 || replicas === undefined) return refused(...mistakes);
  const key = keyOf(query);
  const tags = tagsIn(headers['if-match']);
  const found = world.get(key);
  if (tags === 'malformed') return refused('INVALID_HEADER');
  if (found === undefined) return refused('DEPLOYMENT_NOT_FOUND');
  if (tags !== 'any' && !tags.includes(found.tag)) return refused('PRECONDITION_FAILED');
  return { kind: 'written', key, replicas };
}

const CLUSTERS = `{"clusters":[{"name":"${CLUSTER}","default":true,"state":"ready","authorizer":"available"}]}`;

const read = (method: string, body: string): Verdict => ({
  kind: 'read',
  body: method === 'HEAD' ? undefined : body,
});

/** The path with its escapes decoded. An escaped delimiter stays escaped. Undefined if an escape is broken. */
function decodedPath(raw: string): string | undefined {
  try {
    return decodeURI(raw);
  } catch {
    return undefined;
  }
}

type Parameters = ReadonlyMap<string, readonly string[]>;

/** Parses application/x-www-form-urlencoded: `+` is a space, and broken escapes stay as they are. */
function parametersOf(query: string): Parameters {
  const found = new Map<string, string[]>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const [name = '', ...rest] = pair.split('=');
    const key = unescaped(name);
    found.set(key, [...(found.get(key) ?? []), unescaped(rest.join('='))]);
  }
  return found;
}

function unescaped(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

const GOOD: Readonly<Record<string, (value: string) => boolean>> = {
  namespace: (value) => value.length <= 63 && isLabel(value),
  deployment: (value) => value.length <= 253 && value.split('.').every(isLabel),
  maxAge: (value) => value === '0' || (value.length <= 9 && isDigits(value) && value[0] !== '0'),
  minResourceVersion: (value) => value.length <= 100 && isDigits(value) && value[0] !== '0',
};

/** @param allowed the parameters, and whether each is required */
function isGoodQuery(query: Parameters, allowed: Readonly<Record<string, boolean>>): boolean {
  for (const [name, values] of query) {
    const [value = '', ...more] = values;
    if (!Object.hasOwn(allowed, name) || more.length > 0 || !GOOD[name]?.(value)) return false;
  }
  return Object.entries(allowed).every(([name, required]) => !required || query.has(name));
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const isAlphanumeric = (char: string | undefined) => char !== undefined && (LETTERS + DIGITS).includes(char);
const isDigits = (value: string) => value !== '' && [...value].every((char) => DIGITS.includes(char));

function isLabel(value: string): boolean {
  const chars = [...value];
  return (
    isAlphanumeric(chars[0]) &&
    isAlphanumeric(chars.at(-1)) &&
    chars.every((c) => c === '-' || isAlphanumeric(c))
  );
}

function keyOf(query: Parameters): string {
  return `${query.get('namespace')?.[0]}/${query.get('deployment')?.[0]}`;
}

function listOf(world: World, namespace: string | undefined): string {
  const names = [...world.keys()].filter((key) => namespace === undefined || key.startsWith(`${namespace}/`));
  return JSON.stringify({ deployments: names.sort() });
}

/** application/json in any case, with or without parameters. */
function isJsonType(type: string): boolean {
  return (type.split(';')[0] ?? '').trim().toLowerCase() === 'application/json';
}

/** The count in a body that is an object with the single member `replicas`, an int32 that consists of digits only. */
function countIn(bytes: Buffer): number | undefined {
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  const [, name = '', number = ''] =
    /^[ \t\r\n]*\{[ \t\r\n]*("[^"]*")[ \t\r\n]*:[ \t\r\n]*([^\s}]+)[ \t\r\n]*\}[ \t\r\n]*$/.exec(text) ?? [];
  try {
    if (JSON.parse(name) !== 'replicas') return undefined;
  } catch {
    return undefined;
  }
  // Compares the text, because a parser may change the value.
  if (!isDigits(number) || (number.length > 1 && number.startsWith('0'))) return undefined;
  const largest = '2147483647';
  const fits = number.length < largest.length || (number.length === largest.length && number <= largest);
  return fits ? Number(number) : undefined;
}

/** The strong tags of an If-Match. */
function tagsIn(header: string | undefined): readonly string[] | 'any' | 'malformed' {
  if (header === undefined || header.trim() === '*') return 'any';
  const strong: string[] = [];
  for (const part of header.split(',').map((each) => each.trim())) {
    const weak = part.startsWith('W/');
    const quoted = weak ? part.slice(2) : part;
    const inner = quoted.slice(1, -1);
    if (quoted.length < 2 || !quoted.startsWith('"') || !quoted.endsWith('"')) return 'malformed';
    if ([...inner].some((char) => char === '"' || char <= ' ' || char === '\x7f' || char > '\xff'))
      return 'malformed';
    if (!weak) strong.push(quoted);
  }
  return strong;
}
