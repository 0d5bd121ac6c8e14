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
  it('asks for each page with the token of the one before, and reduces the items of all', async () => {
    const { listed, queries } = await list(page(['a', 'b'], 'token-1'), page(['c'], 'token-2'), page([]));
    expect(await listed).toEqual({ items: ['<a>', '<b>', '<c>'], resourceVersion: '9' });
    expect(queries).toEqual([
      { limit: 10 },
      { limit: 10, continue: 'token-1' },
      { limit: 10, continue: 'token-2' },
    ]);
  });

  it('is empty where its items are null, as an empty list of Go is written', async () => {
    const { listed } = await list(page(null));
    expect(await listed).toMatchObject({ items: [] });
  });

  it('begins again with nothing where the token of a page has expired', async () => {
    const { listed, queries } = await list(page(['old'], 'token-1'), expired, page(['new'], '', '12'));
    expect(await listed).toEqual({ items: ['<new>'], resourceVersion: '12' });
    expect(queries.at(-1)).toEqual({ limit: 10 });
  });

  it('fails with the fourth token that expires', async () => {
    const again = [page(['a'], 'token'), expired];
    const { listed, queries } = await list(...again, ...again, ...again, ...again, page(['late']));
    await expect(listed).rejects.toBe(expired);
    expect(queries).toHaveLength(8);
  });

  it('fails at once where its first page is answered with 410', async () => {
    const { listed, queries } = await list(expired, page(['late']));
    await expect(listed).rejects.toBe(expired);
    expect(queries).toHaveLength(1);
  });

  it('goes on with smaller pages where one is too long, and keeps what it has', async () => {
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

  it('fails where a page of one object is too long', async () => {
    const { listed, queries } = await list(tooLong, tooLong, tooLong);
    await expect(listed).rejects.toBe(tooLong);
    expect(queries.map(({ limit }) => limit)).toEqual([10, 2, 1]);
  });

  it.each([
    ['no object', '[]'],
    ['without metadata', { items: [] }],
    ['without a resourceVersion', { metadata: {}, items: [] }],
    ['without items', { metadata: { resourceVersion: '9' } }],
    ['whose items are an object', page({})],
  ])('refuses an answer that is %s', async (_, answer) => {
    await expect((await list(answer)).listed).rejects.toThrow(KubeMalformedError);
  });
});
