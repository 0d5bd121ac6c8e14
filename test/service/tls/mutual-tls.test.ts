import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { CertificateAuthority } from '../../support/issue-certificate.ts';
import { TestService } from '../../support/service.ts';

const REQUEST = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

let demo: FakeApiServer;
let service: TestService;

beforeAll(async () => {
  demo = await FakeApiServer.start();
  service = await (await TestService.start({ kubeconfig: demo.kubeconfig })).synced();
});
afterAll(async () => {
  await service.stop();
  await demo.stop();
});

/** Connects, by default with the certificate of the test client, sends the bytes and reads to the end. */
async function exchange(options: ConnectionOptions, bytes: string = REQUEST): Promise<string> {
  const socket = open(options);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  const closed = new Promise<void>((resolve, reject) => {
    socket.once('close', resolve);
    socket.once('error', reject);
  });
  socket.write(bytes);
  await closed;
  return text;
}

/** A refused client sees a reset or a closed connection, and never an answer. */
async function expectRefused(options: ConnectionOptions): Promise<void> {
  expect(await exchange(options).catch(() => '')).toBe('');
}

function open(options: ConnectionOptions): TLSSocket {
  const { cert, key } = service.client;
  const socket = connect({
    port: service.port,
    host: 'localhost',
    ca: service.authority.cert,
    cert,
    key,
    ...options,
  });
  onTestFinished(() => {
    socket.destroy();
  });
  return socket;
}

describe('the TLS handshake', () => {
  it.each(['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'])(
    'accepts a client of its CA that offers only %s',
    async (ciphers) => {
      expect(await exchange({ ciphers })).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    },
  );

  it('uses TLS 1.3', async () => {
    const socket = open({});
    await once(socket, 'secureConnect');
    expect(socket.getProtocol()).toBe('TLSv1.3');
  });

  it('refuses a client without a certificate', async () => {
    await expectRefused({ cert: undefined, key: undefined });
  });

  it('refuses a certificate of another CA, even one with the same name', async () => {
    const foreign = await CertificateAuthority.create({ commonName: 'test CA' });
    const { cert, key } = await foreign.issue({ commonName: 'client', usages: ['clientAuth'] });
    await expectRefused({ cert, key });
  });

  it('refuses a self-signed certificate', async () => {
    const own = await CertificateAuthority.create({ commonName: 'client' });
    await expectRefused({ cert: own.cert, key: own.key });
  });

  it.each([
    ['expired', { notBefore: new Date(Date.now() - 7_200_000), notAfter: new Date(Date.now() - 3_600_000) }],
    ['not yet valid', { notBefore: new Date(Date.now() + 3_600_000) }],
  ])('refuses a certificate that is %s', async (_title, validity) => {
    const { cert, key } = await service.authority.issue({
      commonName: 'client',
      usages: ['clientAuth'],
      ...validity,
    });
    await expectRefused({ cert, key });
  });

  it('refuses a certificate that is for servers only', async () => {
    const { cert, key } = await service.authority.issue({ commonName: 'client', usages: ['serverAuth'] });
    await expectRefused({ cert, key });
  });

  it.each(['TLSv1.2', 'TLSv1.1'] as const)('refuses %s', async (maxVersion) => {
    await expectRefused({ minVersion: 'TLSv1', maxVersion, ciphers: 'DEFAULT@SECLEVEL=0' });
  });

  it('refuses other cipher suites of TLS 1.3', async () => {
    await expectRefused({ ciphers: 'TLS_AES_128_CCM_SHA256' });
  });

  it('never resumes a session', async () => {
    const first = open({});
    const sessions: Buffer[] = [];
    first.on('session', (session) => sessions.push(session));
    first.on('data', () => {});
    first.write(REQUEST);
    await once(first, 'close');
    const second = open(sessions[0] === undefined ? {} : { session: sessions[0] });
    await once(second, 'secureConnect');
    expect(second.isSessionReused()).toBe(false);
  });

  it('sends no answer to a client that uses plain HTTP', async () => {
    const socket = connectTcp(service.port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', () => {});
    socket.write(REQUEST);
    await once(socket, 'close');
    expect(text).not.toContain('HTTP/1.1 200');
  });
});

describe('malformed HTTP', () => {
  function errorIn(text: string): { status: string; body: unknown } {
    const [head = '', body = ''] = text.split('\r\n\r\n');
    expect(head).toContain('Content-Type: application/json; charset=utf-8');
    expect(head).toContain('Connection: close');
    return { status: head.split('\r\n', 1)[0] ?? '', body: JSON.parse(body) };
  }

  it.each([
    ['no HTTP at all', 'hello\r\n\r\n'],
    ['a space in the path', 'GET /health z HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['a broken header', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nbroken header\r\n\r\n'],
    [
      'both Content-Length and Transfer-Encoding',
      'POST /replica-count HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'a second Content-Length',
      'GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    ],
  ])('is answered with 400 in the error shape: %s', async (_title, bytes) => {
    expect(errorIn(await exchange({}, bytes))).toEqual({
      status: 'HTTP/1.1 400 Bad Request',
      body: {
        statusCode: 400,
        code: 'MALFORMED_REQUEST',
        error: 'Bad Request',
        message: 'The request is not well-formed HTTP/1.1',
      },
    });
  });

  it('is answered with 431 if the headers are too large', async () => {
    const bytes = `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(17_000)}\r\n\r\n`;
    const { status, body } = errorIn(await exchange({}, bytes));
    expect(status).toBe('HTTP/1.1 431 Request Header Fields Too Large');
    expect(body).toMatchObject({ statusCode: 431, code: 'HEADERS_TOO_LARGE' });
  });
});
