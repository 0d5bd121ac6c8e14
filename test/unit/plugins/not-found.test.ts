import { describe, expect, it } from 'vitest';
import { buildTestApp, MemoryCluster } from '../../support/build-app.ts';

describe('an unknown path', () => {
  it.each([
    '/nope',
    '/healthz/',
    '//healthz',
    '/healthz/x',
    '/Healthz',
    '/replica-count/../nope',
    '/%68ealthz/x',
  ])('is answered 404 in the error shape: %s', async (url) => {
    const response = await (await buildTestApp()).inject(url);
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(response.headers).not.toHaveProperty('allow');
    expect(response.json()).toMatchObject({ statusCode: 404, code: 'ROUTE_NOT_FOUND', error: 'Not Found' });
  });

  it('is named without its query in a message that points to the API document', async () => {
    const response = await (await buildTestApp()).inject('/nope?namespace=default');
    expect(response.json().message).toBe(
      'There is nothing at /nope: /openapi.yaml lists the paths, unless this service is configured not to serve it',
    );
  });

  it('is answered 404 before its body is parsed', async () => {
    const response = await (await buildTestApp()).inject({
      method: 'POST',
      url: '/nope',
      payload: '{',
      headers: { 'content-type': 'text/plain' },
    });
    expect(response.json()).toMatchObject({ code: 'ROUTE_NOT_FOUND' });
  });
});

describe('a method that a path does not support', () => {
  it.each([
    ['DELETE', '/healthz', 'GET, HEAD'],
    ['POST', '/deployments', 'GET, HEAD'],
    ['OPTIONS', '/deployments', 'GET, HEAD'],
    ['PUT', '/replica-count', 'GET, HEAD, POST'],
    ['PATCH', '/replica-count?x=1', 'GET, HEAD, POST'],
    ['TRACE', '/replica-count', 'GET, HEAD, POST'],
    ['PUT', '/one/replica-count', 'GET, HEAD, POST'],
    ['GET', '/two/set-replica-count', 'POST'],
    ['POST', '/clusters/deployments', 'GET, HEAD'],
  ] as const)('is answered 405 with those that it has: %s %s', async (method, url, allow) => {
    const app = await buildTestApp(['one', 'two'].map((name) => new MemoryCluster({}, name)));
    const response = await app.inject({ method, url });
    expect(response.json()).toMatchObject({
      statusCode: 405,
      code: 'METHOD_NOT_ALLOWED',
      message: `${method} is not possible here: use ${allow}`,
    });
    expect(response.headers.allow).toBe(allow);
  });

  it.each(['/three/replica-count', '/__proto__/healthz', '/:cluster/x'])(
    'is answered 404 if the cluster does not exist: DELETE %s',
    async (url) => {
      const response = await (await buildTestApp()).inject({ method: 'DELETE', url });
      expect(response.json()).toMatchObject({ statusCode: 404, code: 'ROUTE_NOT_FOUND' });
    },
  );
});
