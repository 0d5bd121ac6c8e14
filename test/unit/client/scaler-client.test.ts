import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../src/client/api-error.ts';
import { type Fetch, ScalerClient } from '../../../src/client/scaler-client.ts';

/** A client whose requests are noted, and answered with this. */
function clientWith({
  base = 'https://scaler.example',
  status = 200,
  body = '{}',
  headers = [],
}: {
  readonly base?: string;
  readonly status?: number;
  readonly body?: string;
  readonly headers?: [string, string][];
} = {}) {
  const requests: Parameters<Fetch>[] = [];
  const client = new ScalerClient(base, async (...request) => {
    requests.push(request);
    return new Response(body, { status, headers });
  });
  return { client, requests, urls: () => requests.map(([url]) => url) };
}

const CART = { namespace: 'shop', deployment: 'cart' };

async function errorOf(answer: Promise<unknown>): Promise<ApiError> {
  const error = await answer.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ApiError) return error;
  throw new Error(`not an ApiError: ${error}`);
}

describe('URLs of requests', () => {
  it.each(['https://a.example/scaler', 'https://a.example/scaler/', 'https://a.example/scaler//'])(
    'begin with the path prefix of %s',
    async (base) => {
      const { client, urls } = clientWith({ base, body: '{"clusters":[]}' });
      await client.clusters();
      expect(urls()).toEqual(['https://a.example/scaler/clusters']);
    },
  );

  it('have the cluster in front of the path, and none for the default cluster', async () => {
    const { client, urls } = clientWith();
    await client.state(CART);
    await client.state({ ...CART, cluster: 'prod' });
    await client.limits({ ...CART, cluster: 'prod' });
    expect(urls()).toEqual([
      'https://scaler.example/deployments/shop/cart',
      'https://scaler.example/prod/deployments/shop/cart',
      'https://scaler.example/prod/limits?namespace=shop&deployment=cart',
    ]);
  });

  it('encode names and selectors, so that none becomes another path or parameter', async () => {
    const { client, urls } = clientWith({ body: '{"items":[]}' });
    await client.state({ cluster: '../x', namespace: 'a/b', deployment: 'c?d#e' });
    await client.states('p', { labelSelector: 'tier in (web,api),a!=b&c' });
    await client.states(undefined, { namespace: 'ä b' });
    expect(urls()).toEqual([
      'https://scaler.example/..%2Fx/deployments/a%2Fb/c%3Fd%23e',
      'https://scaler.example/p/scale?labelSelector=tier+in+%28web%2Capi%29%2Ca%21%3Db%26c',
      'https://scaler.example/scale?namespace=%C3%A4+b',
    ]);
  });

  it('of a stream name the cluster, or all, encoded, and carry the last id as a header', async () => {
    const { client, requests } = clientWith();
    await client.events({ cluster: 'a/b', namespace: 'shop' }, '7');
    await client.events({});
    expect(requests).toMatchObject([
      [
        'https://scaler.example/a%2Fb/events?namespace=shop',
        { headers: { accept: 'text/event-stream', 'last-event-id': '7' } },
      ],
      ['https://scaler.example/clusters/events', { headers: { accept: 'text/event-stream' } }],
    ]);
    expect(requests[1]?.[1].headers).not.toHaveProperty('last-event-id');
  });

  it('leave out what is not set, and false, which is the default', async () => {
    const { client, urls } = clientWith({ body: '{"replicaCount":5}' });
    await client.set(CART, 5, { force: false, dryRun: false });
    await client.set(CART, 5, { currentReplicas: 0, force: true, dryRun: true, wait: 60 });
    expect(urls()).toEqual([
      'https://scaler.example/replica-count?namespace=shop&deployment=cart',
      'https://scaler.example/replica-count?namespace=shop&deployment=cart&currentReplicas=0&force=true&dryRun=true&wait=60',
    ]);
  });

  it('of a wait that goes on are the location of the error', async () => {
    const { client, urls } = clientWith({ base: 'https://a.example/scaler' });
    await client.resume('/prod/deployments/shop/cart?wait=60&replicas=4');
    expect(urls()).toEqual(['https://a.example/scaler/prod/deployments/shop/cart?wait=60&replicas=4']);
  });
});

describe('a request', () => {
  it('has a JSON body if it writes, and is a GET without one if it reads', async () => {
    const { client, requests } = clientWith({ body: '{"replicaCount":5}' });
    await client.set(CART, 5);
    await client.state(CART);
    expect(requests[0]?.[1]).toEqual({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"replicas":5}',
    });
    expect(requests[1]?.[1]).toEqual({ method: 'GET', headers: {} });
  });

  it('carries the signal of its caller', async () => {
    const { client, requests } = clientWith();
    const { signal } = new AbortController();
    await client.state(CART, signal);
    await client.batch({ items: [] }, {}, signal);
    expect(requests.map(([, init]) => init.signal)).toEqual([signal, signal]);
  });
});

describe('what a write answers', () => {
  it('has the count before, the forecast and the resourceVersion of the headers', async () => {
    const { client } = clientWith({
      body: '{"replicaCount":0}',
      headers: [
        ['x-previous-replicas', '0'],
        ['x-replicas-forecast', 'holds'],
        ['x-resource-version', '48'],
      ],
    });
    expect(await client.set(CART, 0)).toEqual({
      replicas: 0,
      previous: 0,
      forecast: 'holds',
      warnings: [],
      resourceVersion: '48',
    });
  });

  it('has no count before if the service did not see it', async () => {
    const { client } = clientWith({ body: '{"replicaCount":5}' });
    expect(await client.set(CART, 5)).toMatchObject({ previous: undefined, resourceVersion: undefined });
  });

  it('has each warning, also with quotes, commas and backslashes in it', async () => {
    const { client } = clientWith({
      body: '{"replicaCount":5}',
      headers: [
        ['warning', '299 - "Set \\"maxReplicas\\" to 8, or more"'],
        ['warning', '299 - "a path: C:\\\\x"'],
      ],
    });
    const { warnings } = await client.set(CART, 5);
    expect(warnings).toEqual(['Set "maxReplicas" to 8, or more', 'a path: C:\\x']);
  });
});

describe('an error', () => {
  it('has the code, the message and the items of its body, and what its headers say', async () => {
    const items = [
      { cluster: 'a', namespace: 'shop', deployment: 'cart', code: 'RAIL', message: 'too many' },
    ];
    const { client } = clientWith({
      status: 429,
      body: JSON.stringify({ statusCode: 429, code: 'BATCH_BUSY', error: 'x', message: 'wait', items }),
      headers: [
        ['retry-after', '3'],
        ['location', '/deployments/shop/cart?wait=60&replicas=4'],
        ['x-request-id', 'req-1'],
      ],
    });
    const error = await errorOf(client.batch({ items: [] }));
    expect(error).toMatchObject({
      status: 429,
      code: 'BATCH_BUSY',
      message: 'wait',
      items,
      retryAfter: 3,
      location: '/deployments/shop/cart?wait=60&replicas=4',
      requestId: 'req-1',
    });
  });

  it.each([
    ['an HTML page', '<html>502 Bad Gateway</html>'],
    ['nothing', ''],
    ['JSON of another service', '{"error":"nope"}'],
    ['JSON that is not an object', 'null'],
    ['a code that is not a string', '{"code":5,"message":"x"}'],
  ])('of a proxy that sends %s says its status and UNEXPECTED_ANSWER', async (_, body) => {
    const error = await errorOf(clientWith({ status: 502, body }).client.state(CART));
    expect(error).toMatchObject({ status: 502, code: 'UNEXPECTED_ANSWER', items: [], retryAfter: undefined });
    expect(error.message).toContain('502');
  });

  it.each([
    ['a read', (client: ScalerClient) => client.state(CART)],
    ['a write', (client: ScalerClient) => client.set(CART, 5)],
  ])('is UNEXPECTED_ANSWER too if %s is answered with a page and status 200', async (_, call) => {
    const error = await errorOf(call(clientWith({ body: '<html>Log in</html>' }).client));
    expect(error).toMatchObject({ status: 200, code: 'UNEXPECTED_ANSWER' });
  });

  it('has no time to wait if Retry-After is a date', async () => {
    const headers: [string, string][] = [['retry-after', 'Wed, 21 Oct 2026 07:28:00 GMT']];
    const error = await errorOf(clientWith({ status: 503, headers }).client.clusters());
    expect(error.retryAfter).toBeUndefined();
  });

  it('that fetch throws is passed on', async () => {
    const refused = new Error('refused');
    const client = new ScalerClient('https://a.example', () => Promise.reject(refused));
    await expect(client.clusters()).rejects.toBe(refused);
  });
});
