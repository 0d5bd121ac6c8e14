import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { buildTestApp } from '../../support/build-app.ts';

const SPECIFIER = /(?:\bfrom ?|\bimport ?)["']([^"'\n]+)["']/g;

describe('GET /', () => {
  it('is the page, which may run and load only files of the service', async () => {
    const app = await buildTestApp();
    const response = await app.inject('/');
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('text/html; charset=utf-8');
    const { headers } = await app.inject('/docs');
    expect(response.headers['content-security-policy']).toBe(headers['content-security-policy']);
    expect(response.headers['referrer-policy']).toBe('no-referrer');
    expect(response.headers['cache-control']).toBe('no-store');
  });

  it('refers to files below its own path, so that a proxy may serve it under a prefix', async () => {
    const app = await buildTestApp();
    const files = (await app.inject('/')).body.match(/(?<=(href|src)=")[^"]+/g) ?? [];
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) {
      expect(file).toMatch(/^docs\/page\//);
      expect((await app.inject(`/${file}`)).statusCode).toBe(200);
    }
  });

  it('is not served without PAGE, and neither are its files', async () => {
    const app = await buildTestApp(undefined, { page: false });
    for (const url of ['/', '/docs/page/main.js']) {
      expect((await app.inject(url)).json()).toMatchObject({ statusCode: 404, code: 'ROUTE_NOT_FOUND' });
    }
  });

  it('is served without DOCS', async () => {
    const app = await buildTestApp(undefined, { docs: false });
    expect((await app.inject('/')).statusCode).toBe(200);
    expect((await app.inject('/docs/page/main.js')).statusCode).toBe(200);
  });
});

describe('GET /docs/page/*', () => {
  it('serves each module that a module of the page imports, as JavaScript without types', async () => {
    const app = await buildTestApp();
    const urls = ['https://localhost/docs/page/main.js'];
    for (const url of urls) {
      const { statusCode, headers, body } = await app.inject(new URL(url).pathname);
      expect({ url, statusCode, type: headers['content-type'] }).toEqual({
        url,
        statusCode: 200,
        type: 'text/javascript; charset=utf-8',
      });
      expect(body).not.toMatch(/^(import|export) type /m);
      for (const [, specifier = ''] of body.matchAll(SPECIFIER)) {
        expect({ url, specifier }).toEqual({ url, specifier: expect.stringMatching(/^\.\.?\/.*\.js$/) });
        const imported = new URL(specifier, url).href;
        if (!urls.includes(imported)) urls.push(imported);
      }
    }
    expect(urls).toContain('https://localhost/docs/page/lit-html/lit-html.js');
  });

  it('compresses for clients that take gzip', async () => {
    const app = await buildTestApp();
    const { headers, rawPayload } = await app.inject({
      url: '/docs/page/main.js',
      headers: { 'accept-encoding': 'gzip' },
    });
    expect(headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(rawPayload).toString()).toBe((await app.inject('/docs/page/main.js')).body);
  });

  it('shares one buffer among all answers, compressed or not', async () => {
    const app = await buildTestApp();
    const sent = new Set<unknown>();
    app.addHook('onSend', async (_request, _reply, payload) => void sent.add(payload));
    for (const headers of [{ 'accept-encoding': 'gzip' }, {}])
      await Promise.all([1, 2, 3].map(() => app.inject({ url: '/docs/page/main.js', headers })));
    expect(sent.size).toBe(2);
  });

  it.each([
    'nope.js',
    'main.ts',
    'tsconfig.json',
    'client/api.js',
    'client/api.ts',
    '..%2Fserver.js',
    '%2e%2e/server.js',
    '',
  ])('has no file %j', async (path) => {
    const app = await buildTestApp();
    expect((await app.inject(`/docs/page/${path}`)).json()).toMatchObject({ code: 'ROUTE_NOT_FOUND' });
  });
});

describe.each(['/', '/docs/page/main.js', '/docs/page/page.css'])('%s', (url) => {
  // Otherwise a page could run modules of two versions.
  it('is kept by no cache', async () => {
    const app = await buildTestApp();
    expect((await app.inject(url)).headers).toMatchObject({ 'cache-control': 'no-store' });
  });

  it('answers HEAD', async () => {
    const app = await buildTestApp();
    const { statusCode, body } = await app.inject({ method: 'HEAD', url });
    expect({ statusCode, body }).toEqual({ statusCode: 200, body: '' });
  });

  it('is refused without a usable certificate', async () => {
    const app = await buildTestApp(undefined, { identify: () => ({ kind: 'refused', reason: 'unusable' }) });
    expect((await app.inject(url)).json()).toMatchObject({ statusCode: 401, code: 'CERTIFICATE_UNUSABLE' });
  });
});
