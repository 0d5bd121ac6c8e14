import { describe, expect, it } from 'vitest';
import { buildTestApp, MemoryCluster } from '../../support/build-app.ts';
import { testLimits } from '../../support/limits.ts';

const WRITE = {
  method: 'POST',
  url: '/replica-count?namespace=default&deployment=my-deployment',
} as const;

/** The error message for a write with this body, or undefined if the write succeeds. */
async function refusal(payload: string, headers: Record<string, string> = {}): Promise<string | undefined> {
  const cluster = new MemoryCluster();
  const app = await buildTestApp(cluster);
  const answer = await app.inject({
    ...WRITE,
    payload,
    headers: { 'content-type': 'application/json', ...headers },
  });
  expect(cluster.writes).toHaveLength(answer.statusCode === 200 ? 1 : 0);
  if (answer.statusCode === 200) return undefined;
  const { code, message } = answer.json();
  return code === 'INVALID_BODY' ? message : code;
}

const twice = (field: string) => `field ${field} is given more than once`;

describe('a duplicate field in a body', () => {
  it.each([
    ['{"replicas":3,"replicas":4}', 'replicas'],
    ['{"replicas":3,"replicas":3}', 'replicas'],
    ['{"replicas":3 , "x":1, "replicas" : 3}', 'replicas'],
    ['{"replicas":3,"\\u0072eplicas":4}', 'replicas'],
    ['{"replicas":"3","replicas":"4"}', 'replicas'],
    ['{"replicas":null,"replicas":3}', 'replicas'],
    ['{"replicas":{"a":1},"replicas":{"a":1}}', 'replicas'],
    ['{"replicas":[[{}]],"replicas":3}', 'replicas'],
    ['{"replicas":"}","replicas":3}', 'replicas'],
    ['{"replicas":3.0,"replicas":3.0}', 'replicas'],
    ['{"a\\"b:":1,"a\\"b:":2}', 'a"b:'],
    ['{"":1,"":2}', ''],
  ])('is refused with its name: %s', async (body, field) => {
    expect(await refusal(body)).toBe(twice(field));
  });

  it.each([
    ['{"repl:icas":3}', 'field missing: replicas; unknown field: repl:icas'],
    ['{"replicas":3,"a:b:c":1}', 'unknown field: a:b:c'],
    ['{"replicas":3,"Replicas":3}', 'unknown field: Replicas'],
    ['{"replicas":3,"\\"replicas\\":":3}', 'unknown field: "replicas":'],
    ['{"replicas":"\\"replicas\\":3,\\"replicas\\":3"}', 'field replicas must be integer'],
    ['{"replicas":"replicas"}', 'field replicas must be integer'],
    ['{"replicas":{"replicas":3}}', 'field replicas must be integer'],
    ['{"replicas":[{"a":1},{"a":1}]}', 'field replicas must be integer'],
    ['{"replicas":{"a":1},"a":1}', 'unknown field: a; field replicas must be integer'],
    ['[{"replicas":3},{"replicas":3}]', 'send a JSON object, for example {"replicas": 3}'],
  ])('is not the reported mistake of %s', async (body, message) => {
    expect(await refusal(body)).toBe(message);
  });
});

describe('a number in a body', () => {
  it.each(['0', '3', '2147483647'])('is accepted if it is an integer in digits: %s', async (number) => {
    expect(await refusal(`{"replicas":${number}}`)).toBeUndefined();
  });

  it.each(['3.0', '3e0', '-0', '1e-400', '2.9999999999999999'])(
    'is refused if JSON.parse would turn another notation into an integer: %s',
    async (number) => {
      expect(await refusal(`{"replicas":${number}}`)).toBe(
        'field replicas must be an integer, written in digits only',
      );
    },
  );

  it('is refused if JSON.parse would round it', async () => {
    expect(await refusal('{"replicas":9007199254740993}')).toBe('field replicas is out of range');
  });

  it.each(['{"replicas":3,"1.5":"1.5"}', '{"replicas":3,"x":"a \\" 1.5"}'])(
    'is not searched for in strings: %s',
    async (body) => {
      expect(await refusal(body)).toMatch(/^unknown field: /);
    },
  );
});

describe('a nested field in a body', () => {
  it.each([
    ['{"items":[{"namespace":"shop","deployment":"cart","replicas":3,"replicas":4}]}', 'items/0/replicas'],
    ['{"items":[{"replicas":1},{"replicas":1,"x":[1,{"replicas":1}],"replicas":2}]}', 'items/1/replicas'],
    ['{"select":{"namespace":"shop"},"replicas":0,"select":{"namespace":"api"}}', 'select'],
    ['{"receipt":{"items":[{},{"a,b":",","before":1,"\\u0062efore":2}]}}', 'receipt/items/1/before'],
    ['{"a":[[[[[{"b":1,"b":2}]]]]]}', 'a/0/0/0'],
  ])('is refused with its path if its object has it twice: %s', async (body, path) => {
    expect(await refusal(body)).toBe(twice(path));
  });

  it('may have the name of a field of another object', async () => {
    expect(await refusal('{"replicas":3,"x":[{"replicas":3},{"replicas":3}]}')).toBe('unknown field: x');
  });

  it.each([
    [
      '{"items":[{"replicas":1},{"replicas":1e0}]}',
      'items/1/replicas must be an integer, written in digits only',
    ],
    [
      '{"receipt":{"version":1.0,"items":[1.5]}}',
      'receipt/version must be an integer, written in digits only',
    ],
    ['{"items":[1,[2,9007199254740993]]}', 'items/1/1 is out of range'],
  ])('is refused with its path if it is not a plain integer: %s', async (body, message) => {
    expect(await refusal(body)).toBe(`field ${message}`);
  });

  it('is named by its beginning only if its name is long', async () => {
    const name = 'n'.repeat(2_000);
    const cluster = new MemoryCluster();
    const app = await buildTestApp(cluster, { limits: { ...testLimits, maxBodyBytes: 10_000 } });
    const headers = { 'content-type': 'application/json' };
    for (const payload of [`{"${name}":1,"${name}":1}`, `{"replicas":3,"${name}":1}`]) {
      const { code, message } = (await app.inject({ ...WRITE, payload, headers })).json();
      expect(code).toBe('INVALID_BODY');
      expect(message).toHaveLength(1_024);
    }
  });
});

describe('a body of very many parts', () => {
  it.each(['{},', '[],', '1,', '[', '{"a":'])('is refused before it is parsed: %s', async (part) => {
    const cluster = new MemoryCluster();
    const app = await buildTestApp(cluster, { limits: { ...testLimits, maxBodyBytes: 200_000 } });
    const payload = `{"items":[${part.repeat(20_000)}`;
    const answer = await app.inject({ ...WRITE, payload, headers: { 'content-type': 'application/json' } });
    const { code, message } = answer.json();
    expect([code, message]).toEqual([
      'INVALID_BODY',
      'it has far more items than the 1000 that a batch may have: send several batches',
    ]);
  });
});

describe('the type and the coding of a body', () => {
  it.each([{ 'content-type': 'Application/JSON; charset=utf-8' }, { 'content-encoding': 'identity' }])(
    'are accepted: %j',
    async (headers) => {
      expect(await refusal('{"replicas":3}', headers)).toBeUndefined();
    },
  );

  it.each([
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/merge-patch+json' },
    { 'content-encoding': 'gzip' },
    { 'content-encoding': '' },
  ])('are refused with 415: %j', async (headers) => {
    expect(await refusal('{"replicas":3}', headers)).toBe('UNSUPPORTED_MEDIA_TYPE');
  });
});
