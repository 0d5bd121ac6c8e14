import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { PiecewiseBody } from '../../../src/lib/piecewise-body.ts';
import { buildTestApp } from '../../support/build-app.ts';

const committed = parse(readFileSync(new URL('../../../openapi.yaml', import.meta.url), 'utf8'));

describe('the API document', () => {
  it.each([
    ['/openapi.json', 'application/json; charset=utf-8', JSON.parse],
    ['/openapi.yaml', 'application/yaml; charset=utf-8', (text: string) => parse(text)],
  ] as const)('is served at %s, with this service as the first of its servers', async (url, type, read) => {
    const response = await (await buildTestApp()).inject(url);
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe(type);
    const { servers, ...document } = read(response.body);
    const { servers: elsewhere, ...expected } = committed;
    expect(document).toEqual(expected);
    expect(servers).toEqual([{ url: '.', description: 'This service' }, ...elsewhere]);
  });
});

describe.each(['/docs', '/docs/'])('GET %s', (url) => {
  it('is a page that may run and load only files of the service', async () => {
    const response = await (await buildTestApp()).inject(url);
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(response.headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
  });

  it('refers only to existing files', async () => {
    const app = await buildTestApp();
    const files = (await app.inject(url)).body.match(/(?<=(href|src)=")[^"]+/g) ?? [];
    expect(files).toHaveLength(4);
    for (const file of files) {
      const { pathname } = new URL(file, `https://localhost${url}`);
      const response = await app.inject(pathname);
      expect(response.statusCode).toBe(200);
      expect(response.headers['content-type']).not.toContain('json');
    }
  });

  it('refers to files, and through them to the document, below the prefix of a proxy', async () => {
    const app = await buildTestApp();
    const prefix = 'https://tools.example/scaler';
    const files = (await app.inject(url)).body.match(/(?<=(href|src)=")[^"]+/g) ?? [];
    const urls = files.map((file) => new URL(file, `${prefix}${url}`).href);
    expect(urls.filter((each) => !each.startsWith(`${prefix}/docs/`))).toEqual([]);
    const script = urls.find((each) => each.endsWith('/start.js'));
    const [, document = ''] =
      /new URL\('([^']+)', document.currentScript.src\)/.exec((await app.inject('/docs/start.js')).body) ??
      [];
    expect(new URL(document, script).href).toBe(`${prefix}/openapi.json`);
    const [server] = (await app.inject('/openapi.json')).json().servers;
    expect(new URL(server.url, `${prefix}/openapi.json`).href).toBe(`${prefix}/`);
  });

  it('answers HEAD with the headers of GET', async () => {
    const app = await buildTestApp();
    const get = await app.inject(url);
    const head = await app.inject({ method: 'HEAD', url });
    const { date, 'x-request-id': id, ...headers } = get.headers;
    expect(head.statusCode).toBe(200);
    expect(head.headers).toMatchObject(headers);
    expect(head.body).toBe('');
  });

  it('refuses other methods with 405', async () => {
    const app = await buildTestApp();
    const response = await app.inject({ method: 'POST', url });
    expect(response.json()).toMatchObject({ code: 'METHOD_NOT_ALLOWED' });
    expect(response.headers.allow).toBe('GET, HEAD');
  });
});

describe('the paths below /docs/', () => {
  it('give access to no other file', async () => {
    const app = await buildTestApp();
    for (const path of [
      '/docs//',
      '/docs/index.html',
      '/docs/package.json',
      '/docs/..%2fpackage.json',
      '/docs/%2e%2e/package.json',
    ]) {
      expect((await app.inject(path)).json()).toMatchObject({ code: 'ROUTE_NOT_FOUND' });
    }
  });

  it('are not operations of a cluster', async () => {
    const app = await buildTestApp();
    const response = await app.inject('/docs/healthz');
    expect(response.json()).toMatchObject({ statusCode: 404, code: 'CLUSTER_NOT_FOUND' });
  });
});

describe('the document and the files of the page', () => {
  const PATHS = ['/openapi.json', '/openapi.yaml', '/docs/swagger-ui.css', '/docs/swagger-ui-bundle.js'];

  it.each(PATHS)(
    '%s is compressed for a client that accepts gzip, and unchanged when decompressed',
    async (url) => {
      const app = await buildTestApp();
      const plain = await app.inject(url);
      const first = await app.inject({ url, headers: { 'accept-encoding': 'gzip, deflate, br' } });
      const again = await app.inject({ url, headers: { 'accept-encoding': 'gzip' } });
      expect(first.headers).toMatchObject({
        'content-encoding': 'gzip',
        'content-type': plain.headers['content-type'],
        'content-length': String(first.rawPayload.length),
        vary: 'accept-encoding',
      });
      expect(first.rawPayload.length).toBeLessThan(plain.rawPayload.length / 3);
      expect(gunzipSync(first.rawPayload).equals(plain.rawPayload)).toBe(true);
      expect(again.rawPayload.equals(first.rawPayload)).toBe(true);
      expect(plain.headers).toMatchObject({ vary: 'accept-encoding' });
      expect(plain.headers).not.toHaveProperty('content-encoding');
    },
  );

  it.each([
    ['gzip', true],
    ['GZIP', true],
    ['x-gzip', true],
    ['br;q=1.0, gzip;q=0.001', true],
    ['deflate , gzip ; q=0.5', true],
    ['*', true],
    ['br, *;q=0.1', true],
    ['*;q=0, gzip', true],
    [undefined, false],
    ['', false],
    ['identity', false],
    ['br, deflate', false],
    ['gzip;q=0', false],
    ['gzip;q=0.000', false],
    ['gzip; q=0, *', false],
    ['*, gzip;q=0', false],
    ['*;q=0', false],
    ['gzipped', false],
  ])('are compressed according to Accept-Encoding: %s: %s', async (header, expected) => {
    const app = await buildTestApp();
    const headers = header === undefined ? {} : { 'accept-encoding': header };
    const response = await app.inject({ url: '/openapi.json', headers });
    expect(response.headers['content-encoding']).toBe(expected ? 'gzip' : undefined);
    expect(response.statusCode).toBe(200);
  });

  it('share one buffer among all answers, compressed or not', async () => {
    const app = await buildTestApp();
    const sent: unknown[] = [];
    app.addHook('onSend', async (_request, _reply, payload) => {
      sent.push(payload instanceof PiecewiseBody ? payload.content : payload);
    });
    const url = '/docs/swagger-ui-bundle.js';
    await Promise.all([1, 2, 3].map(() => app.inject({ url, headers: { 'accept-encoding': 'gzip' } })));
    await Promise.all([1, 2, 3].map(() => app.inject(url)));
    expect(sent).toHaveLength(6);
    expect(new Set(sent).size).toBe(2);
  });
});

it.each(['/docs', '/docs/', '/openapi.json', '/openapi.yaml'])(
  '%s is refused without a usable certificate',
  async (url) => {
    const app = await buildTestApp(undefined, { identify: () => ({ kind: 'refused', reason: 'unusable' }) });
    expect((await app.inject(url)).json()).toMatchObject({ statusCode: 401, code: 'CERTIFICATE_UNUSABLE' });
  },
);

it.each(['/docs', '/docs/', '/docs/start.js', '/openapi.json', '/openapi.yaml'])(
  '%s is not served with DOCS=false',
  async (url) => {
    const app = await buildTestApp(undefined, { docs: false });
    expect((await app.inject(url)).json()).toMatchObject({ statusCode: 404, code: 'ROUTE_NOT_FOUND' });
  },
);
