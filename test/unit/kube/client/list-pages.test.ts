import { describe, expect, it } from 'vitest';
import type { KubeRequest } from '../../../../src/kube/client/kube-client.ts';
import { listInPages, type PageQuery } from '../../../../src/kube/client/list-pages.ts';
import { KubeMalformedError, KubeOversizeError, KubeStatusError } from '../../../../src/kube/kube-errors.ts';

const expired = new KubeStatusError(410, 'Expired', 'The provided continue parameter is too old');
const tooLong = new KubeOversizeError('an answer is too long');

/** A page of these items; `next` is its continue token. */
function page(items: unknown, next = '', resourceVersion = '9') {
  return { metadata: { resourceVersion, continue: next }, items };
}

/** Lists with a page size of 10 from an API server that gives these answers, one after another. */
async function list(...answers: readonly unknown[]) {
  const left = [...answers];
  const queries: PageQuery[] = [];
  const api = {
    call: async () => {
      const answer = left.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  const request = (query: PageQuery): KubeRequest => {
    queries.push(query);
    return { path: '/', query, deadlineMs: 1_000 };
  };
  const listed = listInPages({ api, request, reduce: (item) => `<${item}>` }, 10);
  return { listed, queries };
}

describe('a list in pages', () => {
  it('requests each page with the token of the previous page, and reduces the items of all pages', async () => {
    const { listed, queries } = await list(page(['a', 'b'], 'token-1'), page(['c'], 'token-2'), page([]));
    expect(await listed).toEqual({ items: ['<a>', '<b>', '<c>'], resourceVersion: '9' });
    expect(queries).toEqual([
      { limit: 10 },
      { limit: 10, continue: 'token-1' },
      { limit: 10, continue: 'token-2' },
    ]);
  });

  it('is empty if its items are null, which is how Go encodes an empty list', async () => {
    const { listed } = await list(page(null));
    expect(await listed).toMatchObject({ items: [] });
  });

  it('starts over without any items if the token of a page has expired', async () => {
    const { listed, queries } = await list(page(['old'], 'token-1'), expired, page(['new'], '', '12'));
    expect(await listed).toEqual({ items: ['<new>'], resourceVersion: '12' });
    expect(queries.at(-1)).toEqual({ limit: 10 });
  });

  it('fails when a fourth token expires', async () => {
    const again = [page(['a'], 'token'), expired];
    const { listed, queries } = await list(...again, ...again, ...again, ...again, page(['late']));
    await expect(listed).rejects.toBe(expired);
    expect(queries).toHaveLength(8);
  });

  it('fails at once if its first page is answered with 410', async () => {
    const { listed, queries } = await list(expired, page(['late']));
    await expect(listed).rejects.toBe(expired);
    expect(queries).toHaveLength(1);
  });

  it('continues with smaller pages if one is too long, and keeps the items that it has', async () => {
    const { listed, queries } = await list(
      page(['a'], 'token-1'),
      tooLong,
      page(['b'], 'token-2'),
      page(['c']),
    );
    expect(await listed).toMatchObject({ items: ['<a>', '<b>', '<c>'] });
    expect(queries.slice(2)).toEqual([
      { limit: 2, continue: 'token-1' },
      { limit: 2, continue: 'token-2' },
    ]);
  });

  it('fails if a page of one object is too long', async () => {
    const { listed, queries } = await list(tooLong, tooLong, tooLong);
    await expect(listed).rejects.toBe(tooLong);
    expect(queries.map(({ limit }) => limit)).toEqual([10, 2, 1]);
  });

  it.each([
    ['not an object', '[]'],
    ['without metadata', { items: [] }],
    ['without a resourceVersion', { metadata: {}, items: [] }],
    ['without items', { metadata: { resourceVersion: '9' } }],
    ['with an object as its items', page({})],
  ])('refuses an answer that is %s', async (_, answer) => {
    await expect((await list(answer)).listed).rejects.toThrow(KubeMalformedError);
  });
});
