import { describe, expect, it } from 'vitest';
import { buildTestApp } from '../../support/build-app.ts';

const OF_EVERY_ANSWER = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

describe('the headers of every answer', () => {
  it.each([
    [200, '/healthz'],
    [200, '/deployments'],
    [200, '/docs'],
    [200, '/openapi.json'],
    [400, '/deployments?x=1'],
    [400, '/%zz'],
    [404, '/nope'],
    [404, '/nope/healthz'],
    [414, `/${'a'.repeat(3_000)}`],
  ])('are in an answer with status %i, to GET %s', async (status, url) => {
    const response = await (await buildTestApp()).inject({ url, headers: { 'x-request-id': 'mine' } });
    expect(response.statusCode).toBe(status);
    expect(response.headers).toMatchObject({ ...OF_EVERY_ANSWER, 'x-request-id': 'mine' });
  });

  it('are also in answers to other methods', async () => {
    const app = await buildTestApp();
    for (const method of ['HEAD', 'POST', 'DELETE', 'OPTIONS'] as const)
      expect((await app.inject({ method, url: '/replica-count' })).headers).toMatchObject(OF_EVERY_ANSWER);
  });

  it('are in the refusal of a certificate', async () => {
    const app = await buildTestApp(undefined, { identify: () => ({ kind: 'refused', reason: 'unusable' }) });
    const response = await app.inject('/healthz');
    expect(response.statusCode).toBe(401);
    expect(response.headers).toMatchObject(OF_EVERY_ANSWER);
  });
});

describe('the request id of an answer', () => {
  it('is new for every request without one', async () => {
    const app = await buildTestApp();
    const urls = ['/healthz', '/healthz', '/nope', '/%zz'];
    const answers = await Promise.all(urls.map((url) => app.inject(url)));
    const ids = answers.map(({ headers }) => String(headers['x-request-id']));
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{12}-[0-9a-z]+$/);
    expect(new Set(ids).size).toBe(urls.length);
  });

  it.each(['', 'a b', 'a"b', 'x'.repeat(65), 'a,b'])(
    'is new if the request has the invalid id %j',
    async (id) => {
      const response = await (await buildTestApp()).inject({ url: '/nope', headers: { 'x-request-id': id } });
      expect(response.headers['x-request-id']).toMatch(/^[0-9a-f]{12}-[0-9a-z]+$/);
    },
  );
});
