import { setImmediate as nextTurn } from 'node:timers/promises';
import { acceptsGzip, type Call } from './call.ts';
import { isObject } from './json.ts';
import { type LabelTest, labelTest } from './label-selector.ts';
import type { Reply } from './reply.ts';
import type { Resource } from './resource.ts';
import { badRequest, expiredContinue, forbiddenOption, tooLargeResourceVersion } from './status.ts';
import { keyOf, lowerBound, type Named, type Snapshot, type Store, type Stored } from './store.ts';

/** The Accept header of a client that requests only metadata. */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
/** The number of bodies made per turn, so that a list of thousands leaves turns for other requests. */
const ITEMS_A_TURN = 50;
/** kube-apiserver compresses longer answers. Here the length of the first item is used for all items. */
const GZIP_ABOVE_BYTES = 128 * 1024;

/** The selection of a list or watch. */
export interface Selection {
  /** An empty string means all namespaces. */
  readonly namespace: string;
  /** From `fieldSelector=metadata.name=...`. An empty string means all names. */
  readonly name: string;
  /** From `labelSelector`. undefined means all labels. */
  readonly labels: LabelTest | undefined;
}

/**
 * Reads the selection of a list or watch.
 * @throws StatusError for selectors that this cluster does not serve
 */
export function selectionOf(namespace: string, query: URLSearchParams): Selection {
  const field = query.get('fieldSelector') ?? '';
  const match = /^(?:metadata\.name==?([^,=]+))?$/.exec(field);
  if (match === null) throw badRequest('the demo cluster selects fields by metadata.name only');
  const labels = query.get('labelSelector') ?? '';
  return { namespace, name: match[1] ?? '', labels: labels === '' ? undefined : labelTest(labels) };
}

/** Whether the selection has the object, whatever its labels. */
export function matches(selection: Selection, record: Named): boolean {
  return (
    (selection.namespace === '' || selection.namespace === record.namespace) &&
    (selection.name === '' || selection.name === record.name)
  );
}

/**
 * A number in the query. Undefined if it is absent, empty or 0.
 * @throws StatusError 400
 */
export function numberOf(query: URLSearchParams, parameter: string): number | undefined {
  const text = query.get(parameter) ?? '';
  if (text === '') return undefined;
  if (!/^-?\d+$/.test(text))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text) || undefined;
}

/**
 * The resourceVersion of a list. Undefined if it is absent, empty or 0.
 * @throws StatusError 400
 */
export function listVersionOf(query: URLSearchParams): number | undefined {
  const text = query.get('resourceVersion') ?? '';
  if (/^\d*$/.test(text)) return Number(text) || undefined;
  throw badRequest(
    `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: ` +
      `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
  );
}

/**
 * Answers a list. Its pages come from one snapshot until that has expired. Then the answer is 410 with a
 * token for the rest of the current state. `resourceVersion=0` ignores the limit, as the watch cache does.
 * @throws StatusError, Gone
 */
export async function answerList<F extends Named>(
  store: Store<F>,
  resource: Resource<F>,
  call: Call,
): Promise<void> {
  const { reply, query, request, target } = call;
  const selection = selectionOf(target.namespace, query);
  const token = query.get('continue') ?? '';
  const limit = Math.max(0, numberOf(query, 'limit') ?? 0);
  const version = listVersionOf(query);
  if (query.has('sendInitialEvents')) {
    throw forbiddenOption('sendInitialEvents', 'sendInitialEvents is forbidden for list');
  }
  if (token !== '' && version !== undefined) {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  if (version !== undefined && version > store.resourceVersion) {
    throw tooLargeResourceVersion(version, store.resourceVersion);
  }
  const fromCache = token === '' && query.get('resourceVersion') === '0';
  const from = token === '' ? undefined : parseToken(token);
  const snapshot = from === undefined ? store.snapshot() : snapshotFor(store, from);
  const { records } = snapshot;
  const last = selection.namespace === '' ? records.length : lowerBound(records, `${selection.namespace}0`);
  const first =
    from === undefined ? lowerBound(records, prefixOf(selection)) : after(records, from, selection);
  const end = limit === 0 || fromCache ? last : Math.min(last, first + limit);

  const metadata: Record<string, unknown> = { resourceVersion: String(snapshot.resourceVersion) };
  const final = records[end - 1];
  if (end < last && final !== undefined) {
    store.keepSnapshot(snapshot);
    metadata.continue = formatToken(snapshot.resourceVersion, `/${relative(final, selection)}\0`);
    if (selection.labels === undefined) metadata.remainingItemCount = last - end;
  }
  const metadataOnly = request.headers.accept === METADATA_ONLY;
  const kind = metadataOnly
    ? { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' }
    : { kind: `${resource.kind}List`, apiVersion: resource.apiVersion };
  const { labels } = selection;
  const selected = records
    .slice(first, end)
    .filter(
      (record) => matches(selection, record) && (labels === undefined || labels(resource.labels(record))),
    );
  const item = metadataOnly ? resource.metadataItem : resource.item;
  const [sample] = selected;
  const long = sample !== undefined && selected.length * item(sample).length > GZIP_ABOVE_BYTES;
  reply.head(200, {}, long && acceptsGzip(request));
  await reply.write(`${JSON.stringify({ ...kind, metadata }).slice(0, -1)},"items":[`);
  await writeItems(reply, selected, item);
  await reply.write(']}\n');
  await reply.end();
}

async function writeItems<F extends Named>(
  reply: Reply,
  records: readonly Stored<F>[],
  item: (record: Stored<F>) => string,
): Promise<void> {
  for (let at = 0; at < records.length; at += ITEMS_A_TURN) {
    const items = records.slice(at, at + ITEMS_A_TURN).map(item);
    await reply.write((at === 0 ? '' : ',') + items.join());
    await nextTurn();
  }
}

/** The position at which a list continues. The token of the API server is the base64url of this. */
interface ContinueToken {
  /** -1 means the current state. */
  readonly rv: number;
  /** The last key sent, relative to the selected namespace, with a NUL after it: the next possible key. */
  readonly start: string;
}

function parseToken(token: string): ContinueToken {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    throw badRequest('invalid continue token: continue key is not valid: not JSON');
  }
  if (!isObject(parsed) || parsed.v !== 'meta.k8s.io/v1') {
    throw badRequest(
      'invalid continue token: continue key is not valid: server does not recognize this encoded version ""',
    );
  }
  const { rv, start } = parsed;
  if (typeof rv !== 'number' || typeof start !== 'string') {
    throw badRequest(
      'invalid continue token: continue key is not valid: incorrect encoded start resourceVersion',
    );
  }
  return { rv, start };
}

function formatToken(rv: number, start: string): string {
  const json = JSON.stringify({ v: 'meta.k8s.io/v1', rv, start });
  return Buffer.from(json).toString('base64url');
}

function snapshotFor<F extends Named>(store: Store<F>, token: ContinueToken): Snapshot<F> {
  if (token.rv < 0) return store.snapshot();
  if (token.rv > store.resourceVersion) throw tooLargeResourceVersion(token.rv, store.resourceVersion);
  const snapshot = store.snapshotAt(token.rv);
  if (snapshot !== undefined) return snapshot;
  throw expiredContinue(formatToken(-1, token.start.replace(/^\//, '')));
}

function after(records: readonly Named[], token: ContinueToken, selection: Selection): number {
  return lowerBound(records, prefixOf(selection) + token.start.replace(/^\//, ''));
}

const prefixOf = (selection: Selection) => (selection.namespace === '' ? '' : `${selection.namespace}/`);

const relative = (record: Named, selection: Selection) =>
  selection.namespace === '' ? keyOf(record) : record.name;
