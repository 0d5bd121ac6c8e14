import { describe, expect, it } from 'vitest';
import { Access } from '../../../src/cluster/access/access.ts';
import { decidedBy } from '../../support/authorizer.ts';
import { buildTestApp, MemoryCluster } from '../../support/build-app.ts';

const PATH = '/deployments/default/my-deployment';

describe('GET /deployments/{namespace}/{deployment}', () => {
  it('answers the item that GET /scale lists', async () => {
    const app = await buildTestApp();
    const { statusCode, headers, body } = await app.inject(PATH);
    expect(statusCode).toBe(200);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(JSON.parse(body)).toMatchObject({
      kind: 'Deployment',
      namespace: 'default',
      deployment: 'my-deployment',
      replicas: 3,
      phase: 'progressing',
    });
    expect((await app.inject('/scale')).json().items).toEqual([JSON.parse(body)]);
  });

  it('answers that of a named cluster', async () => {
    const app = await buildTestApp([
      new MemoryCluster({}, 'first'),
      new MemoryCluster({ 'default/my-deployment': 5 }, 'second'),
    ]);
    expect((await app.inject(`/second${PATH}`)).json()).toMatchObject({ replicas: 5 });
    expect((await app.inject(PATH)).json()).toMatchObject({ statusCode: 404, code: 'DEPLOYMENT_NOT_FOUND' });
    expect((await app.inject(`/third${PATH}`)).json()).toMatchObject({ code: 'CLUSTER_NOT_FOUND' });
  });

  it('answers HEAD with the headers of GET', async () => {
    const app = await buildTestApp();
    const [get, head] = [await app.inject(PATH), await app.inject({ method: 'HEAD', url: PATH })];
    expect(head).toMatchObject({ statusCode: 200, body: '' });
    expect(head.headers.etag).toBe(get.headers.etag);
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
  });

  it('has the ETag of the spec, for If-Match, and how old it is; it is never answered 304', async () => {
    const cluster = new MemoryCluster();
    cluster.reading = { ageMs: 1_200, resourceVersion: '77', unavailable: [] };
    const app = await buildTestApp(cluster);
    const { headers } = await app.inject(PATH);
    expect(headers).toMatchObject({ etag: '"uid.1"', age: '2', 'x-resource-version': '77' });
    const again = await app.inject({ url: PATH, headers: { 'if-none-match': '"uid.1"' } });
    expect(again.statusCode).toBe(200);
    const write = (etag: string) =>
      app.inject({
        method: 'POST',
        url: '/replica-count?namespace=default&deployment=my-deployment',
        payload: { replicas: 4 },
        headers: { 'if-match': etag },
      });
    expect((await write('"uid.1"')).statusCode).toBe(200);
    expect((await write('"uid.1"')).json()).toMatchObject({ statusCode: 412, code: 'PRECONDITION_FAILED' });
  });

  it.each(['maxAge=0', 'minResourceVersion=1', 'maxAge=5&minResourceVersion=1'])(
    'takes %s',
    async (query) => {
      const app = await buildTestApp();
      expect((await app.inject(`${PATH}?${query}`)).json()).toMatchObject({ replicas: 3 });
    },
  );

  it.each([
    ['maxAge=x', expect.stringContaining('query parameter maxAge')],
    ['labelSelector=a', 'unknown query parameter: labelSelector'],
    ['namespace=default', 'unknown query parameter: namespace'],
  ])('refuses the query %s with 400', async (query, message) => {
    const app = await buildTestApp();
    expect((await app.inject(`${PATH}?${query}`)).json()).toMatchObject({
      statusCode: 400,
      code: 'INVALID_QUERY',
      message,
    });
  });

  it.each([
    ['/deployments/Default/my-deployment', 'namespace'],
    ['/deployments/a.b/my-deployment', 'namespace'],
    [`/deployments/${'a'.repeat(64)}/my-deployment`, 'namespace'],
    ['/deployments/default/My-Deployment', 'deployment'],
    ['/deployments/default/..%2fsecrets', 'deployment'],
    ['/deployments/default/my-deployment%00', 'deployment'],
    ['/deployments/default/my-deployment%0a', 'deployment'],
    ['/default/deployments/default/-', 'deployment'],
  ])('refuses the path %s with 400, and names its parameter', async (path, name) => {
    const app = await buildTestApp();
    const response = await app.inject(path);
    expect(response.json()).toMatchObject({
      statusCode: 400,
      code: 'INVALID_QUERY',
      message: expect.stringMatching(new RegExp(`^path parameter ${name} must `)),
    });
  });

  it.each(['/deployments/default', '/deployments/default/', '/deployments/default/a/b', '/deployments//a'])(
    'does not exist at %s',
    async (path) => {
      const app = await buildTestApp();
      const { statusCode, message } = (await app.inject(path)).json();
      expect({ statusCode, message }).toEqual({
        statusCode: expect.any(Number),
        message: expect.any(String),
      });
      expect([400, 404]).toContain(statusCode);
    },
  );

  it('needs the right to get the scale of that Deployment', async () => {
    const cluster = new MemoryCluster({ 'default/my-deployment': 3, 'default/other': 1 });
    cluster.access = new Access(decidedBy(({ verb, name }) => verb === 'get' && name === 'my-deployment'));
    const app = await buildTestApp(cluster);
    expect((await app.inject(PATH)).statusCode).toBe(200);
    expect((await app.inject('/deployments/default/other')).json()).toMatchObject({
      statusCode: 403,
      code: 'FORBIDDEN',
      message: expect.stringContaining('get deployments/scale in namespace default'),
    });
  });
});
