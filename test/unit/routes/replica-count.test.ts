import { describe, expect, it } from 'vitest';
import { buildTestApp, MemoryCluster } from '../../support/build-app.ts';

const URL = '/replica-count?namespace=default&deployment=my-deployment';
const JSON_BODY = { 'content-type': 'application/json' };

describe('GET /replica-count', () => {
  it('answers with spec.replicas only', async () => {
    const app = await buildTestApp();
    const response = await app.inject(URL);
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(response.body).toBe('{"replicaCount":3}');
  });

  it('answers HEAD with the headers of GET', async () => {
    const app = await buildTestApp();
    const response = await app.inject({ method: 'HEAD', url: URL });
    expect(response.statusCode).toBe(200);
    expect(response.body).toBe('');
  });

  it.each(['GET', 'HEAD'] as const)(
    'answers %s with 304 and without a body as long as If-None-Match names the ETag',
    async (method) => {
      const cluster = new MemoryCluster();
      const app = await buildTestApp(cluster);
      const { headers: first } = await app.inject(URL);
      for (const tags of [first.etag, `W/${first.etag}`, `"other", ${first.etag}`, '*']) {
        const headers = { 'if-none-match': String(tags) };
        const { statusCode, headers: got, body } = await app.inject({ method, url: URL, headers });
        const { date, 'x-request-id': id, 'content-type': type, 'content-length': length, ...same } = first;
        expect({ statusCode, body, got }).toMatchObject({ statusCode: 304, body: '', got: same });
        expect(got).not.toHaveProperty('content-type');
      }
      await app.inject({ method: 'POST', url: URL, payload: { replicas: 5 } });
      const headers = { 'if-none-match': String(first.etag) };
      const changed = await app.inject({ method, url: URL, headers });
      expect(changed.statusCode).toBe(200);
      expect(changed.headers.etag).not.toBe(first.etag);
    },
  );

  it('answers 400 for a malformed If-None-Match, but 404 if the Deployment does not exist', async () => {
    const app = await buildTestApp();
    const headers = { 'if-none-match': 'uid.1' };
    expect((await app.inject({ url: URL, headers })).json()).toMatchObject({
      statusCode: 400,
      code: 'INVALID_HEADER',
    });
    const absent = '/replica-count?namespace=default&deployment=nope';
    expect((await app.inject({ url: absent, headers })).statusCode).toBe(404);
  });

  it('answers 404 with a code and a message for a Deployment that does not exist', async () => {
    const app = await buildTestApp();
    const response = await app.inject('/replica-count?namespace=default&deployment=nope');
    expect(response.json()).toEqual({
      statusCode: 404,
      code: 'DEPLOYMENT_NOT_FOUND',
      error: 'Not Found',
      message: 'There is no Deployment nope in namespace default',
    });
  });

  const longest = 'a'.repeat(63);
  const longestName = [longest, longest, longest, 'a'.repeat(61)].join('.');
  it.each([
    ['the longest names', longest, longestName],
    ['a label of a name longer than 63 characters', 'default', 'a'.repeat(253)],
    ['a name with dots and digits', 'default', '0.a-b.9'],
  ])('accepts %s', async (_title, namespace, deployment) => {
    const app = await buildTestApp(new MemoryCluster({ [`${namespace}/${deployment}`]: 0 }));
    const response = await app.inject({ url: '/replica-count', query: { namespace, deployment } });
    expect(response.body).toBe('{"replicaCount":0}');
  });

  it.each([
    ['both missing', ''],
    ['namespace missing', 'deployment=my-deployment'],
    ['deployment missing', 'namespace=default'],
    ['an empty namespace', 'namespace=&deployment=my-deployment'],
    ['an empty deployment', 'namespace=default&deployment='],
    ['a repeated namespace', 'namespace=default&namespace=default&deployment=my-deployment'],
    ['a repeated deployment', 'namespace=default&deployment=my-deployment&deployment=x'],
    ['capital letters', 'namespace=Default&deployment=my-deployment'],
    ['a namespace with a dot', 'namespace=a.b&deployment=my-deployment'],
    ['a namespace of 64 characters', `namespace=${'a'.repeat(64)}&deployment=my-deployment`],
    ['a deployment of 254 characters', `namespace=default&deployment=${'a'.repeat(254)}`],
    ['a path in the name', 'namespace=default&deployment=..%2f..%2fsecrets'],
    ['a newline at the end', 'namespace=default&deployment=my-deployment%0a'],
    ['a NUL', 'namespace=default&deployment=my-deployment%00'],
    ['an unknown parameter', 'namespace=default&deployment=my-deployment&dryrun=true'],
    ['a misspelt parameter', 'namspace=default&deployment=my-deployment'],
    ['a prototype key', 'namespace=default&deployment=my-deployment&__proto__=x'],
  ])('refuses %s with 400', async (_title, query) => {
    const app = await buildTestApp();
    for (const method of ['GET', 'POST'] as const) {
      const payload = method === 'POST' ? { payload: '{"replicas":1}', headers: JSON_BODY } : {};
      const response = await app.inject({ method, url: `/replica-count?${query}`, ...payload });
      expect(response.statusCode).toBe(400);
      expect(response.json()).toMatchObject({ statusCode: 400, code: 'INVALID_QUERY', error: 'Bad Request' });
    }
  });

  it.each([
    [
      'namspace=default&deployment=a&deployment=b',
      'query parameter missing: namespace; unknown query parameter: namspace; query parameter deployment is given more than once',
    ],
    [
      'namespace=&deployment=a',
      'query parameter namespace must match pattern "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"',
    ],
    [
      `namespace=${'a'.repeat(64)}&deployment=a`,
      'query parameter namespace must not have more than 63 characters',
    ],
  ])('names the mistakes in the query %s', async (query, message) => {
    const app = await buildTestApp();
    const response = await app.inject(`/replica-count?${query}`);
    expect(response.json()).toMatchObject({ code: 'INVALID_QUERY', message });
  });
});

describe('POST /replica-count', () => {
  it.each([0, 5, 10, 2_147_483_647])('sets the count to %i', async (replicas) => {
    const cluster = new MemoryCluster();
    const app = await buildTestApp(cluster);
    const response = await app.inject({ method: 'POST', url: URL, payload: { replicas } });
    expect(response.statusCode).toBe(200);
    expect(response.body).toBe(`{"replicaCount":${replicas}}`);
    expect(cluster.writes).toEqual([`default/my-deployment=${replicas} by client`]);
  });

  it.each([
    '',
    '{',
    '{}',
    'null',
    '3',
    '"3"',
    '[]',
    '[3]',
    '[{"replicas":3}]',
    '{"replicas":null}',
    '{"replicas":"3"}',
    '{"replicas":""}',
    '{"replicas":true}',
    '{"replicas":1.5}',
    '{"replicas":-1}',
    '{"replicas":-0.1}',
    '{"replicas":2147483648}',
    '{"replicas":1e400}',
    '{"replicas":[3]}',
    '{"replicas":{"value":3}}',
    '{"replica":3}',
    '{"Replicas":3}',
    '{"replicas":3,"replica":4}',
    '{"replicas":3,"replicas":4}',
    '{"replicas":3,"\\u0072eplicas":4}',
    '{"replicas":3,"__proto__":{}}',
    '{"replicas":3,"constructor":{"prototype":{}}}',
    '{"replicas":3}{"replicas":3}',
    '{"replicas":3,}',
    '{replicas:3}',
    "{'replicas':3}",
    '{"replicas":NaN}',
    '{"replicas":0x3}',
    '{"replicas":03}',
    'replicas=3',
  ])('refuses the body %s and changes nothing', async (payload) => {
    const cluster = new MemoryCluster();
    const app = await buildTestApp(cluster);
    const response = await app.inject({ method: 'POST', url: URL, payload, headers: JSON_BODY });
    expect(response.json()).toMatchObject({ statusCode: 400, code: 'INVALID_BODY' });
    expect(cluster.writes).toEqual([]);
  });

  it.each([
    '1e-400',
    '-1e-400',
    '2.9999999999999999',
    '3.00000000000000000001',
    '4.9e-324',
    '3.0',
    '3e0',
    '3E+0',
    '30e-1',
    '0.3e1',
    '1E1',
    '0.0',
    '0e5',
    '-0',
    '-0.0',
    '1e400',
  ])(
    'refuses the number %s, which JSON.parse may turn into an integer, and names its field',
    async (number) => {
      const cluster = new MemoryCluster();
      const app = await buildTestApp(cluster);
      const payload = `{"replicas" : ${number} }`;
      const response = await app.inject({ method: 'POST', url: URL, payload, headers: JSON_BODY });
      expect(response.json()).toEqual({
        statusCode: 400,
        code: 'INVALID_BODY',
        error: 'Bad Request',
        message: 'field replicas must be an integer, written in digits only',
      });
      expect(cluster.writes).toEqual([]);
    },
  );

  it.each([
    ['{"replicas":-1}', 'field replicas must be >= 0'],
    ['{"replicas":2147483648}', 'field replicas must be <= 2147483647'],
    ['{"replicas":9007199254740991}', 'field replicas must be <= 2147483647'],
    ['{"replicas":9007199254740993}', 'field replicas is out of range'],
    ['{"replicas":-9007199254740993}', 'field replicas is out of range'],
    [`{"replicas":${'9'.repeat(900)}}`, 'field replicas is out of range'],
    ['{"replicas":"1.5"}', 'field replicas must be integer'],
    ['{"replicas":"\\"1.5"}', 'field replicas must be integer'],
    ['{"replicas":"\\\\","x":1.5}', 'field x must be an integer, written in digits only'],
    ['{"1e5":"1e5"}', 'field missing: replicas; unknown field: 1e5'],
    ['{"replicas":[1,2.0]}', 'field replicas/1 must be an integer, written in digits only'],
    ['[1e0]', 'every number must be an integer, written in digits only'],
    ['1e0', 'every number must be an integer, written in digits only'],
    ['[3]', 'send a JSON object, for example {"replicas": 3}'],
    ['{"replicas":3.0,"replicas":3.0}', 'field replicas is given more than once'],
  ])('names the mistake in %s', async (payload, message) => {
    const app = await buildTestApp();
    const response = await app.inject({ method: 'POST', url: URL, payload, headers: JSON_BODY });
    expect(response.json()).toMatchObject({ code: 'INVALID_BODY', message });
  });

  it('refuses a missing body and changes nothing', async () => {
    const cluster = new MemoryCluster();
    const app = await buildTestApp(cluster);
    const response = await app.inject({ method: 'POST', url: URL });
    expect(response.json()).toMatchObject({ statusCode: 400, code: 'INVALID_BODY' });
    expect(cluster.writes).toEqual([]);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonp',
    'multipart/form-data; boundary=x',
  ])('refuses a body of type %s with 415', async (type) => {
    const cluster = new MemoryCluster();
    const app = await buildTestApp(cluster);
    const headers = { 'content-type': type };
    const response = await app.inject({ method: 'POST', url: URL, payload: '{"replicas":1}', headers });
    expect(response.json()).toMatchObject({ statusCode: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
    expect(cluster.writes).toEqual([]);
  });

  it('accepts application/json with a charset', async () => {
    const app = await buildTestApp();
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    const response = await app.inject({ method: 'POST', url: URL, payload: '{"replicas":1}', headers });
    expect(response.statusCode).toBe(200);
  });

  it('refuses a body above 1 KiB with 413', async () => {
    const cluster = new MemoryCluster();
    const app = await buildTestApp(cluster);
    const payload = `{"replicas":3}${' '.repeat(1024)}`;
    const response = await app.inject({ method: 'POST', url: URL, payload, headers: JSON_BODY });
    expect(response.json()).toMatchObject({ statusCode: 413, code: 'BODY_TOO_LARGE' });
    expect(cluster.writes).toEqual([]);
  });

  it('answers 404 for a Deployment that does not exist', async () => {
    const app = await buildTestApp();
    const response = await app.inject({
      method: 'POST',
      url: '/replica-count?namespace=default&deployment=nope',
      payload: { replicas: 1 },
    });
    expect(response.json()).toMatchObject({ statusCode: 404, code: 'DEPLOYMENT_NOT_FOUND' });
  });
});
