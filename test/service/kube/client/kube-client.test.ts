import { createSecureServer } from 'node:http2';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  KubeMalformedError,
  KubeStatusError,
  KubeUnreachableError,
} from '../../../../src/kube/kube-errors.ts';
import { CertificateAuthority } from '../../../support/issue-certificate.ts';
import { ApiServer } from '../../../support/kube/api-server.ts';
import { base64, clientOf } from '../../../support/kube/clients.ts';

const path = '/apis/example.com/v1/widgets';
const request = { path, deadlineMs: 60_000 };
let ca: CertificateAuthority;

beforeAll(async () => {
  ca = await CertificateAuthority.create({ commonName: 'cluster CA' });
});

describe('a call of the API server', () => {
  it('returns the parsed answer', async () => {
    const server = await ApiServer.start(ca);
    server.handler = (_, response) => void response.end('{"kind":"WidgetList","items":[{"ä":1}]}');
    expect(await clientOf(server.origin, ca.cert).call(request)).toEqual({
      kind: 'WidgetList',
      items: [{ ä: 1 }],
    });
    expect(server.received[0]).toMatchObject({
      method: 'GET',
      url: path,
      headers: { accept: 'application/json' },
    });
    expect(server.received[0]?.headers).not.toHaveProperty('authorization');
  });

  it('encodes its query and omits undefined parameters', async () => {
    const server = await ApiServer.start(ca);
    const query = { labelSelector: 'app in (a,b)&x=y#z +ä', limit: 500, watch: true, continue: undefined };
    await clientOf(server.origin, ca.cert).call({ ...request, query });
    const url = new URL(server.received[0]?.url ?? '', server.origin);
    expect(url.pathname).toBe(path);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      labelSelector: 'app in (a,b)&x=y#z +ä',
      limit: '500',
      watch: 'true',
    });
  });

  it('sends its body as JSON with the requested content type', async () => {
    const server = await ApiServer.start(ca);
    const client = clientOf(server.origin, ca.cert);
    const body = { spec: { size: 3 } };
    await client.call({ ...request, method: 'POST', body });
    await client.call({ ...request, method: 'PATCH', body, contentType: 'application/apply-patch+yaml' });
    expect(
      server.received.map(({ method, headers, body: sent }) => [method, headers['content-type'], sent]),
    ).toEqual([
      ['POST', 'application/json', '{"spec":{"size":3}}'],
      ['PATCH', 'application/apply-patch+yaml', '{"spec":{"size":3}}'],
    ]);
  });

  it.each(['/k8s/clusters/c-1', '/k8s/clusters/c-1/'])(
    'is sent below the path %s if the address of the API server has one',
    async (base) => {
      const server = await ApiServer.start(ca);
      await clientOf(server.origin + base, ca.cert).call({ ...request, query: { limit: 1 } });
      expect(server.received[0]?.url).toBe(`/k8s/clusters/c-1${path}?limit=1`);
    },
  );

  it('leaves its connection to the next call, even if the answer is an error', async () => {
    const server = await ApiServer.start(ca);
    const client = clientOf(server.origin, ca.cert);
    for (let count = 0; count < 20; count += 1) await client.call(request);
    server.handler = (_, response) => void response.writeHead(500).end('x'.repeat(100_000));
    await expect(client.call(request)).rejects.toThrow(KubeStatusError);
    server.handler = (_, response) => void response.end('{}');
    await client.call(request);
    expect(server.received).toHaveLength(22);
    // undici opens a second connection if a call follows in the same turn as the previous answer.
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  it('uses HTTP/1.1 even with a server that prefers HTTP/2', async () => {
    const { cert, key } = await ca.issue({ commonName: 'x', sans: ['127.0.0.1'], usages: ['serverAuth'] });
    const protocols: unknown[] = [];
    const server = createSecureServer({ cert, key, allowHTTP1: true }, (received, response) => {
      protocols.push(received.httpVersion);
      response.end('{}');
    });
    await using _closing = { [Symbol.asyncDispose]: async () => void server.close() };
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const client = clientOf(`https://127.0.0.1:${port}`, ca.cert);
    await client.call(request);
    for await (const _ of await client.watch(request)) break;
    expect(protocols).toEqual(['1.1', '1.1']);
    await client.close();
  });
});

describe('the warnings of an API server', () => {
  async function warningsOf(warning: string | string[], statusCode = 200): Promise<string[]> {
    const server = await ApiServer.start(ca);
    server.handler = (_, response) =>
      void response.setHeader('warning', warning).writeHead(statusCode).end('{}');
    const texts: string[] = [];
    const onWarning = (text: string) => void texts.push(text);
    await clientOf(server.origin, ca.cert)
      .call({ ...request, onWarning })
      .catch(() => {});
    return texts;
  }

  it.each<[string, string | string[], string[]]>([
    ['with quotes', '299 - "use \\"apps/v1\\", not C:\\\\"', ['use "apps/v1", not C:\\']],
    ['of several headers', ['299 - "first"', '299 - "second"'], ['first', 'second']],
    ['of one header', '299 - "first, of two", 299 policy.example "second"', ['first, of two', 'second']],
    ['with a date', '299 - "old" "Wed, 21 Oct 2015 07:28:00 GMT"', ['old']],
    ['that are empty', '299 - ""', ['']],
    ['without a quoted text', '299 - old', []],
    ['without an end', '299 - "old', []],
    ['without a code', '- "old"', []],
    ['of no form at all', '"', []],
  ])('%s are told', async (_, header, texts) => {
    expect(await warningsOf(header)).toEqual(texts);
  });

  it('are not told of an error', async () => {
    expect(await warningsOf('299 - "old"', 404)).toEqual([]);
  });
});

describe('trust in an API server', () => {
  it('is refused if another CA issued its certificate, and nothing is sent to it', async () => {
    const other = await CertificateAuthority.create({ commonName: 'another CA' });
    const server = await ApiServer.start(other);
    const call = clientOf(server.origin, ca.cert, { user: { token: 'secret' } }).call(request);
    await expect(call).rejects.toThrow(KubeUnreachableError);
    await expect(call).rejects.toMatchObject({ sent: false });
    expect(server.received).toEqual([]);
  });

  it('is refused if its certificate has another name', async () => {
    const server = await ApiServer.start(ca);
    const elsewhere = server.origin.replace('127.0.0.1', 'localhost');
    await expect(clientOf(elsewhere, ca.cert).call(request)).rejects.toMatchObject({ sent: false });
    const cluster = { 'tls-server-name': 'kubernetes.default' };
    expect(await clientOf(elsewhere, ca.cert, { cluster }).call(request)).toEqual({});
  });

  it('is unconditional if the kubeconfig says so', async () => {
    const other = await CertificateAuthority.create({ commonName: 'another CA' });
    const server = await ApiServer.start(other);
    const client = clientOf(server.origin, ca.cert, { cluster: { 'insecure-skip-tls-verify': true } });
    expect(await client.call(request)).toEqual({});
  });
});

describe('credentials for the API server', () => {
  it('with a token are sent with calls and watches', async () => {
    const server = await ApiServer.start(ca);
    const client = clientOf(server.origin, ca.cert, { user: { token: 'top-secret' } });
    await client.call(request);
    for await (const _ of await client.watch(request)) break;
    const sent = server.received.map(({ headers }) => headers.authorization);
    expect(sent).toEqual(['Bearer top-secret', 'Bearer top-secret']);
  });

  it('with a client certificate are presented in the handshake', async () => {
    const server = await ApiServer.start(ca);
    const { cert, key } = await ca.issue({ commonName: 'scaler', usages: ['clientAuth'] });
    const user = { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) };
    await clientOf(server.origin, ca.cert, { user }).call(request);
    expect(server.received[0]?.client).toBe('scaler');
  });

  it('with a name and a password are sent as basic authentication, and with impersonation', async () => {
    const server = await ApiServer.start(ca);
    const user = { username: 'me', password: 'pa:ss', as: 'jane' };
    await clientOf(server.origin, ca.cert, { user }).call(request);
    expect(server.received[0]?.headers).toMatchObject({
      authorization: `Basic ${base64('me:pa:ss')}`,
      'impersonate-user': 'jane',
    });
  });
});

describe('an answer other than 2xx', () => {
  it('is an error with the reason and the message of its Status body, and its Retry-After', async () => {
    const server = await ApiServer.start(ca);
    server.handler = (_, response) => {
      response.writeHead(429, { 'retry-after': '7' });
      response.end(
        '{"kind":"Status","reason":"TooManyRequests","message":"please try again later","code":429}',
      );
    };
    const client = clientOf(server.origin, ca.cert);
    for (const refused of [client.call(request), client.watch(request)]) {
      await expect(refused).rejects.toThrow(KubeStatusError);
      await expect(refused).rejects.toMatchObject({
        status: 429,
        reason: 'TooManyRequests',
        message: 'please try again later',
        retryAfterSeconds: 7,
      });
    }
  });

  it.each([
    ['HTML', '<html>Bad Gateway</html>'],
    ['empty', ''],
    ['JSON that is not a Status', '"no"'],
    ['an empty Status', '{"reason":null}'],
  ])('is an error with its status even if its body is %s', async (_, body) => {
    const server = await ApiServer.start(ca);
    server.handler = (_request, response) => void response.writeHead(502).end(body);
    const refused = clientOf(server.origin, ca.cert).call(request);
    await expect(refused).rejects.toThrow(KubeStatusError);
    await expect(refused).rejects.toMatchObject({ status: 502, reason: '', retryAfterSeconds: undefined });
  });

  it.each(['Wed, 21 Oct 2026 07:28:00 GMT', '-3', 'soon'])(
    'has no delay if its Retry-After is %j',
    async (value) => {
      const server = await ApiServer.start(ca);
      server.handler = (_, response) => void response.writeHead(503, { 'retry-after': value }).end();
      const refused = clientOf(server.origin, ca.cert).call(request);
      await expect(refused).rejects.toMatchObject({ status: 503, retryAfterSeconds: undefined });
    },
  );

  it('is not followed if it is a redirect', async () => {
    const server = await ApiServer.start(ca);
    server.handler = (_, response) =>
      void response.writeHead(302, { location: 'https://127.0.0.1:1/' }).end();
    await expect(clientOf(server.origin, ca.cert).call(request)).rejects.toMatchObject({ status: 302 });
  });

  it('is malformed if it is 2xx and not JSON', async () => {
    const server = await ApiServer.start(ca);
    server.handler = (_, response) => void response.end('<html>Welcome</html>');
    await expect(clientOf(server.origin, ca.cert).call(request)).rejects.toThrow(KubeMalformedError);
  });
});
