import { expect, it } from 'vitest';
import { buildTestApp } from '../../support/build-app.ts';
import { testLimits } from '../../support/limits.ts';

const limits = { ...testLimits, maxUrlLength: 40 };

it('a URL is accepted up to the limit, including its query, and refused with 414 beyond it', async () => {
  const app = await buildTestApp(undefined, { limits });
  const url = '/deployments?namespace='.padEnd(40, 'a');
  expect((await app.inject(url)).statusCode).toBe(200);
  expect((await app.inject(`${url}a`)).json()).toEqual({
    statusCode: 414,
    code: 'URL_TOO_LONG',
    error: 'URI Too Long',
    message: 'The URL is longer than 40 characters',
  });
});

it('a URL is measured before it is decoded', async () => {
  const app = await buildTestApp(undefined, { limits });
  const url = `/deployments?namespace=${'%61'.repeat(6)}`;
  expect((await app.inject(url)).json()).toMatchObject({ code: 'URL_TOO_LONG' });
});

it('a URL that is too long is refused with 414 even if its path is unknown', async () => {
  const app = await buildTestApp(undefined, { limits });
  for (const url of [`/${'a'.repeat(40)}`, `/default/healthz?x=${'a'.repeat(40)}`])
    expect((await app.inject(url)).json()).toMatchObject({ code: 'URL_TOO_LONG' });
});
