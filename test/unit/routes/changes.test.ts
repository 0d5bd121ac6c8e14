import { describe, expect, it } from 'vitest';
import { Access } from '../../../src/cluster/access/access.ts';
import { decidedBy } from '../../support/authorizer.ts';
import { buildTestApp, MemoryCluster } from '../../support/build-app.ts';

const PATH = '/deployments/default/my-deployment/changes';

/** A change by a manager of any name. */
const change = (to: number, manager: string) =>
  ({
    resourceVersion: `${to}`,
    at: Date.parse('2026-11-29T12:00:00Z') / 1000,
    from: 1,
    to,
    manager,
    operation: 'Update',
    viaScale: true,
    overrode: false,
    user: undefined,
  }) as const;

describe('GET /deployments/{namespace}/{deployment}/changes', () => {
  it('answers the changes of that cluster, with how old they are and without an ETag', async () => {
    const cluster = new MemoryCluster();
    cluster.reading = { ageMs: 1_200, resourceVersion: '77', unavailable: [] };
    cluster.changes = { changes: [change(5, 'kubectl')], truncated: true };
    const app = await buildTestApp([new MemoryCluster({}, 'first'), cluster]);
    const { statusCode, headers, body } = await app.inject(`/default${PATH}`);
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({ age: '2', 'x-resource-version': '77' });
    expect(headers).not.toHaveProperty('etag');
    expect(JSON.parse(body)).toEqual({
      changes: [
        {
          at: '2026-11-29T12:00:00.000Z',
          from: 1,
          to: 5,
          manager: 'kubectl',
          operation: 'Update',
          subresource: 'scale',
          resourceVersion: '5',
        },
      ],
      truncated: true,
    });
    expect((await app.inject(PATH)).json()).toMatchObject({ statusCode: 404, code: 'DEPLOYMENT_NOT_FOUND' });
  });

  it('answers HEAD with the headers of GET, also if a manager has a name of any characters', async () => {
    const cluster = new MemoryCluster();
    cluster.changes = { changes: [change(5, 'Größe 鯨"\\')], truncated: false };
    const app = await buildTestApp(cluster);
    const [get, head] = [await app.inject(PATH), await app.inject({ method: 'HEAD', url: PATH })];
    expect(get.json().changes[0].manager).toBe('Größe 鯨"\\');
    expect(head).toMatchObject({ statusCode: 200, body: '' });
    expect(get.headers['content-length']).toBe(String(get.rawPayload.length));
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
  });

  it.each([
    ['/deployments/Default/my-deployment/changes', 'path parameter namespace must '],
    ['/deployments/default/-/changes', 'path parameter deployment must '],
    [`${PATH}?maxAge=1`, 'unknown query parameter: maxAge'],
    [`${PATH}?limit=5`, 'unknown query parameter: limit'],
  ])('refuses %s with 400', async (path, message) => {
    const app = await buildTestApp();
    expect((await app.inject(path)).json()).toMatchObject({
      statusCode: 400,
      code: 'INVALID_QUERY',
      message: expect.stringContaining(message),
    });
  });

  it('needs the right to get the scale of that Deployment', async () => {
    const cluster = new MemoryCluster({ 'default/my-deployment': 3, 'default/other': 1 });
    cluster.access = new Access(decidedBy(({ verb, name }) => verb === 'get' && name === 'my-deployment'));
    const app = await buildTestApp(cluster);
    expect((await app.inject(PATH)).statusCode).toBe(200);
    expect((await app.inject('/deployments/default/other/changes')).json()).toMatchObject({
      statusCode: 403,
      code: 'FORBIDDEN',
      message: expect.stringContaining('get deployments/scale in namespace default'),
    });
  });
});
