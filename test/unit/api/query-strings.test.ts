import Fastify from 'fastify';
import { Type } from 'typebox';
import { expect, it } from 'vitest';
import { rememberingParser, validatorCompiler } from '../../../src/api/query-strings.ts';

it('query strings: a short one is parsed once and remembered, a very long one is parsed each time', () => {
  const parse = rememberingParser();
  expect(parse('namespace=shop&x=a%20b')).toEqual({ namespace: 'shop', x: 'a b' });
  expect(parse('namespace=shop')).toBe(parse('namespace=shop'));
  const long = `x=${'y'.repeat(500)}`;
  expect(parse(long)).not.toBe(parse(long));
});

it('query strings: the number of remembered ones is bounded', () => {
  const parse = rememberingParser();
  const first = parse('number=0');
  for (let number = 1; number <= 1_000; number += 1) parse(`number=${number}`);
  expect(parse('number=0')).not.toBe(first);
});

it('query strings: one that passes the schema of a route is still checked by the schema of another route', async () => {
  const app = Fastify({ routerOptions: { querystringParser: rememberingParser() } });
  app.setValidatorCompiler(validatorCompiler);
  const only = (name: string) =>
    Type.Object({ [name]: Type.Optional(Type.String({ maxLength: 3 })) }, { additionalProperties: false });
  for (const name of ['a', 'b']) {
    const handler = async (request: { query: unknown }) => request.query;
    app.get(`/${name}`, { schema: { querystring: only(name) } }, handler);
  }
  const statuses = [];
  for (const url of ['/a?a=1', '/b?a=1', '/a?a=1', '/a?a=1234', '/a?a=1234', '/b?b=1', '/a?a=1&a=2'])
    statuses.push((await app.inject(url)).statusCode);
  expect(statuses).toEqual([200, 400, 200, 400, 400, 200, 400]);
  await app.close();
});
