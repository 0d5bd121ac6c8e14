import { isObject, objectAt, stringAt } from '../json.ts';
import { KubeMalformedError, KubeOversizeError, KubeStatusError } from '../kube-errors.ts';
import type { KubeApi, KubeRequest } from './kube-client.ts';

/** The part of a list that is asked for. */
export interface PageQuery extends Readonly<Record<string, string | number>> {
  readonly limit: number;
  /** From the page before; absent for the first. */
  readonly continue?: string;
}

/** What a list, or a page of it, holds. */
export interface Listed<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

export interface ListOptions<T> {
  readonly api: Pick<KubeApi, 'call'>;
  /** The request for one page. */
  readonly request: (query: PageQuery) => KubeRequest;
  /** Takes from an item what is kept. */
  readonly reduce: (item: unknown) => T;
}

/**
 * Times that one list is begun again because the snapshot behind its pages was compacted. The API server keeps it for 5
 * to 10 minutes: a list that takes longer each time fails, and is tried again after the caller's usual wait.
 */
const MAX_RESTARTS = 3;
/** Where a page is too long, the next try asks for this part of it. */
const SMALLER = 1 / 4;

/**
 * Reads a whole list, page by page. All pages show the state of the moment at which the first was asked for.
 * @param pageSize objects in a page. Each page is parsed at once: 100 objects of 7 kB block the event loop for 3 ms
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
 * @returns `next`: what the page after it is asked for with; undefined where this is the last
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
    items: itemsOf(page.items).map(reduce),
    resourceVersion: stringAt(metadata, 'resourceVersion'),
    next: typeof next === 'string' && next !== '' ? next : undefined,
  };
}

/** An empty list of Go is null. An answer without the key is no list, and must not empty a cache. */
function itemsOf(items: unknown): readonly unknown[] {
  if (items === null) return [];
  if (!Array.isArray(items)) throw new KubeMalformedError('a list has no items');
  return items;
}

function isExpired(error: unknown): boolean {
  return error instanceof KubeStatusError && error.status === 410;
}
