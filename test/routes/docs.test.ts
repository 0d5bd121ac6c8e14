import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildTestApp } from '../helpers/build-app.ts';

const committed = parse(readFileSync(new URL('../../openapi.yaml', import.meta.url), 'utf8'));

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
    expect(servers).toEqual([{ url: '/', description: 'This service' }, ...elsewhere]);
  });
});

describe('GET /docs', () => {
  it('is a page that may run and load nothing but what the service serves', async () => {
    const response = await (await buildTestApp()).inject('/docs');
    expect(response.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(response.headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
  });

  it('refers to files that are there', async () => {
    const app = await buildTestApp();
    const files = (await app.inject('/docs')).body.match(/(?<=(href|src)=")[^"]+/g) ?? [];
    expect(files).toHaveLength(4);
    for (const file of files) {
      const response = await app.inject(file);
      expect(response.statusCode).toBe(200);
      expect(response.headers['content-type']).not.toContain('json');
    }
  });

  it('leads to no other file', async () => {
    const app = await buildTestApp();
    for (const path of [
      '/docs/',
      '/docs/package.json',
      '/docs/..%2fpackage.json',
      '/docs/%2e%2e/package.json',
    ]) {
      expect((await app.inject(path)).json()).toMatchObject({ code: 'ROUTE_NOT_FOUND' });
    }
  });
});

it.each(['/docs', '/openapi.json', '/openapi.yaml'])(
  '%s is for nobody without a usable certificate',
  async (url) => {
    const app = await buildTestApp(undefined, { identify: () => 'unusable' });
    expect((await app.inject(url)).json()).toMatchObject({ statusCode: 401, code: 'CERTIFICATE_UNUSABLE' });
  },
);

it.each(['/docs', '/docs/start.js', '/openapi.json', '/openapi.yaml'])(
  '%s is not there with DOCS=false',
  async (url) => {
    const app = await buildTestApp(undefined, { docs: false });
    expect((await app.inject(url)).json()).toMatchObject({ statusCode: 404, code: 'ROUTE_NOT_FOUND' });
  },
);
