import { isObject, objectAt, stringAt } from '../json.ts';
import { KubeMalformedError, KubeOversizeError, KubeStatusError } from '../kube-errors.ts';
import type { KubeApi, KubeRequest } from './kube-client.ts';

/** The query for one page of a list. */
export interface PageQuery extends Readonly<Record<string, string | number>> {
  readonly limit: number;
  /** The token from the previous page; absent for the first page. */
  readonly continue?: string;
}

/** The content of a list, or of one page. */
export interface Listed<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

export interface ListOptions<T> {
  readonly api: Pick<KubeApi, 'call'>;
  /** The request for one page. */
  readonly request: (query: PageQuery) => KubeRequest;
  /** Reduces an item to the part that is kept. */
  readonly reduce: (item: unknown) => T;
}

/**
 * How often one list is started again because the API server has compacted the snapshot behind its pages, which it
 * keeps for 5 to 10 minutes. If every attempt takes longer, the list fails and the caller tries again later.
 */
const MAX_RESTARTS = 3;
/** If a page is too long, the next request asks for this fraction of its size. */
const SMALLER = 1 / 4;

/**
 * Reads a whole list, page by page. All pages show the state at the time when the first page was requested.
 * @param pageSize objects per page. A page is parsed at once: 100 objects of 7 kB block the event loop for 3 ms
 * @throws KubeError
 */
export async function listInPages<T>(options: ListOptions<T>, pageSize: number): Promise<Listed<T>> {
  let limit = pageSize;
  let restarts = 0;
  let token: string | undefined;
  let items: T[] = [];
  for (;;) {
    try {
      const page = await readPage(options, token === undefined ? { limit } : { limit, continue: token });
      for (const item of page.items) items.push(item);
      if (page.next === undefined) return { items, resourceVersion: page.resourceVersion };
      token = page.next;
    } catch (error) {
      if (error instanceof KubeOversizeError && limit > 1) {
        limit = Math.max(1, Math.floor(limit * SMALLER));
      } else if (isExpired(error) && token !== undefined && restarts < MAX_RESTARTS) {
        restarts += 1;
        token = undefined;
        items = [];
      } else throw error;
    }
  }
}

/**
 * Reads one page of a list.
 * @returns `next`: the token for the next page; undefined: this is the last page
 * @throws KubeError
 */
export async function readPage<T>(
  { api, request, reduce }: ListOptions<T>,
  query: PageQuery,
): Promise<Listed<T> & { readonly next: string | undefined }> {
  const page = await api.call(request(query));
  if (!isObject(page)) throw new KubeMalformedError('a list is not an object');
  const metadata = objectAt(page, 'metadata');
  const { continue: next } = metadata;
  return {
    items: itemsOf(page.items).map((item) => reduce(item)),
    resourceVersion: stringAt(metadata, 'resourceVersion'),
    next: typeof next === 'string' && next !== '' ? next : undefined,
  };
}

/**
 * The items of a list. Go encodes an empty list as null. An answer without items must not empty a cache, so it throws.
 */
function itemsOf(items: unknown): readonly unknown[] {
  if (items === null) return [];
  if (!Array.isArray(items)) throw new KubeMalformedError('a list has no items');
  return items;
}

function isExpired(error: unknown): boolean {
  return error instanceof KubeStatusError && error.status === 410;
}
