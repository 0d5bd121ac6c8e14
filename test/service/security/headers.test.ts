import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { summary } from '../../support/security/answers.ts';
import { exchange, type RawAnswer } from '../../support/security/raw.ts';
import { BODY, COUNT, Scene } from '../../support/security/scene.ts';

/** Oversized headers, request ids that could corrupt a log, and the headers of every answer. */
let scene: Scene;

beforeAll(async () => {
  scene = await Scene.start();
});
afterEach(() => scene.expectUnharmed());
afterAll(() => scene.stop());

const END = 'Host: localhost\r\nConnection: close\r\n\r\n';

async function ask(headers: string): Promise<RawAnswer> {
  const [answer] = await exchange(scene.attacker, `GET /healthz HTTP/1.1\r\n${headers}${END}`);
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

describe('oversized headers', () => {
  it.each([
    ['one of 20,000 letters', `X: ${'a'.repeat(20_000)}\r\n`],
    ['one of a million letters', `X: ${'a'.repeat(1_000_000)}\r\n`],
    ['a name of 20,000 letters', `${'a'.repeat(20_000)}: x\r\n`],
    ['10,000 small ones', Array.from({ length: 10_000 }, (_, i) => `x${i}: y\r\n`).join('')],
    ['5,000 times the same', 'cookie: a=b\r\n'.repeat(5_000)],
  ])('are refused with 431: %s', async (_title, headers) => {
    expect(summary(await ask(headers))).toBe('431 HEADERS_TOO_LARGE');
  });

  it('are refused together with a URL that leaves no room for them', async () => {
    const answers = await scene.attack(`GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${END}`);
    expect(answers).toEqual(['431 HEADERS_TOO_LARGE']);
  });

  it('do no harm if many small ones stay within the limit', async () => {
    const headers = Array.from({ length: 500 }, (_, i) => `x${i}: \r\n`).join('');
    expect(summary(await ask(headers))).toBe('200 {"status":"OK"}');
  });

  it.each([
    '__proto__: x\r\nconstructor: x\r\nhasOwnProperty: x\r\ntoString: x\r\n',
    'X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Client-Cert: Subject="CN=admin"\r\nForwarded: for=127.0.0.1\r\n',
    'Impersonate-User: system:admin\r\nX-Remote-User: admin\r\nAuthorization: Bearer x\r\n',
    'Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n',
    'Range: bytes=0-1\r\nIf-None-Match: *\r\nIf-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\r\n',
    'Accept: text/html\r\nAccept-Encoding: gzip, br\r\nAccept-Version: 2.0.0\r\n',
    'Keep-Alive: timeout=99999, max=99999\r\nConnection: host, content-length\r\n',
  ])('that the service does not use change nothing: %j', async (headers) => {
    expect(summary(await ask(headers))).toBe('200 {"status":"OK"}');
  });
});

describe('X-Request-Id', () => {
  it.each(['a', 'trace-1', 'A.b_c-9', '0'.repeat(64)])('is adopted: %s', async (id) => {
    expect((await ask(`X-Request-Id: ${id}\r\n`)).headers['x-request-id']).toBe(id);
  });

  it.each([
    ['nothing', ''],
    ['65 letters', 'a'.repeat(65)],
    ['a space', 'a b'],
    ['a tab', 'a\tb'],
    ['a line in JSON', '","level":"fatal","msg":"forged'],
    ['markup', '<script>alert(1)</script>'],
    ['a format string', '%s%d%j'],
    ['an escape sequence', '\\u001b[31m'],
    ['letters beyond ASCII', '\xfcber'],
    ['a percent-encoded line break', 'a%0d%0aSet-Cookie:%20x'],
    ['two', 'a\r\nX-Request-Id: b'],
  ])('is not adopted if it contains %s', async (_title, id) => {
    const answer = await ask(`X-Request-Id: ${id}\r\n`);
    expect(summary(answer)).toBe('200 {"status":"OK"}');
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{12}-[0-9a-z]+$/);
  });

  it('cannot break out of its header', async () => {
    expect(summary(await ask('X-Request-Id: a\rSet-Cookie: x\r\n'))).toBe('400 MALFORMED_REQUEST');
    expect(summary(await ask('X-Request-Id: a\0b\r\n'))).toBe('400 MALFORMED_REQUEST');
  });

  it('differs for each of many requests', async () => {
    const request = 'GET /nope HTTP/1.1\r\nHost: a\r\n\r\n';
    const answers = await exchange(scene.attacker, `${request.repeat(200)}GET /nope HTTP/1.1\r\n${END}`);
    expect(new Set(answers.map(({ headers }) => headers['x-request-id'])).size).toBe(201);
  });
});

describe('every answer forbids caching and sniffing, has an id and the JSON type, and reveals no internals', () => {
  const JSON_14 = 'Content-Type: application/json\r\nContent-Length: 14\r\n';
  it.each([
    ['GET /healthz', '', '200 {"status":"OK"}'],
    ['GET /replica-count?namespace=shop&deployment=cart', '', '200 {"replicaCount":4}'],
    [
      'GET /deployments?namespace=shop',
      '',
      '200 {"deployments":["shop/cart","shop/catalog","shop/checkout","shop/recommendations-batch"]}',
    ],
    ['GET /deployments?namespace=nope', '', '200 {"deployments":[]}'],
    ['GET /deployments?namspace=shop', '', '400 INVALID_QUERY'],
    ['GET /%zz', '', '400 INVALID_URL'],
    [`POST ${COUNT}`, `${JSON_14}`.replace('14', '3'), '400 INVALID_BODY'],
    [`POST ${COUNT}`, `If-Match: x\r\n${JSON_14}`, '400 INVALID_HEADER'],
    ['GET /nope', '', '404 ROUTE_NOT_FOUND'],
    ['GET /replica-count?namespace=shop&deployment=nope', '', '404 DEPLOYMENT_NOT_FOUND'],
    ['DELETE /deployments', '', '405 METHOD_NOT_ALLOWED'],
    [`POST ${COUNT}`, 'Content-Type: application/json\r\nContent-Length: 1025\r\n', '413 BODY_TOO_LARGE'],
    [`GET /${'a'.repeat(2048)}`, '', '414 URL_TOO_LONG'],
    [`POST ${COUNT}`, JSON_14.replace('json', 'xml'), '415 UNSUPPORTED_MEDIA_TYPE'],
  ])('%s: %#', async (line, headers, expected) => {
    expect(
      await scene.attack(`${line} HTTP/1.1\r\n${headers}${END}${headers.includes('Length') ? BODY : ''}`),
    ).toEqual([expected]);
  });
});
