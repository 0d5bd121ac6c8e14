import { METHODS } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { errorCode } from '../../support/security/answers.ts';
import { exchange } from '../../support/security/raw.ts';
import { BODY, COUNT, Scene } from '../../support/security/scene.ts';

/** Requests of unusual forms: each is served like its plain form, or refused with an error in the usual shape. */
let scene: Scene;

beforeAll(async () => {
  scene = await Scene.start();
});
afterEach(() => scene.expectUnharmed());
afterAll(async () => {
  await scene.expectUnharmed();
  await scene.stop();
});

const END = 'Host: localhost\r\nConnection: close\r\n\r\n';
const JSON_14 = 'Content-Type: application/json\r\nContent-Length: 14\r\n';
const healthy = '200 {"status":"OK"}';
const malformed = '400 MALFORMED_REQUEST';

describe('a read of an unusual form', () => {
  it.each([
    ['in HTTP/1.0, without Host', 'GET /healthz HTTP/1.0\r\n\r\n', [healthy]],
    ['with an absolute URL', `GET https://evil.example/healthz HTTP/1.1\r\n${END}`, [healthy]],
    ['with an unreserved letter encoded', `GET /%68ealthz HTTP/1.1\r\n${END}`, [healthy]],
    ['after empty lines', `\r\n\r\nGET /healthz HTTP/1.1\r\n${END}`, [healthy]],
    ['with an unknown expectation', `GET /healthz HTTP/1.1\r\nExpect: cake\r\n${END}`, [healthy]],
    [
      'that asks for a WebSocket',
      `GET /healthz HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n${END}`,
      [healthy],
    ],
    [
      'that asks for HTTP/2',
      `GET /healthz HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n${END}`,
      [healthy],
    ],
    [
      'with the body of a write',
      `GET ${COUNT} HTTP/1.1\r\n${JSON_14}${END}${BODY}`,
      ['200 {"replicaCount":3}'],
    ],
    [
      'with a chunked body',
      `GET ${COUNT} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n${END}5\r\nhello\r\n0\r\n\r\n`,
      ['200 {"replicaCount":3}'],
    ],
    [
      'that claims to be a write',
      `GET ${COUNT} HTTP/1.1\r\nX-HTTP-Method-Override: POST\r\nX-Method-Override: POST\r\n${JSON_14}${END}${BODY}`,
      ['200 {"replicaCount":3}'],
    ],
    [
      'that names another URL in headers',
      `GET /healthz HTTP/1.1\r\nX-Original-URL: ${COUNT}\r\nX-Rewrite-URL: /nope\r\n${END}`,
      [healthy],
    ],
  ])('is a read: %s', async (_title, bytes, expected) => {
    expect(await scene.attack(bytes)).toEqual(expected);
  });
});

describe('a request that is refused for its form', () => {
  it.each([
    ['HTTP/1.1 without Host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', [malformed]],
    ['two Hosts', `GET /healthz HTTP/1.1\r\nHost: a\r\n${END}`, [malformed]],
    ['two Hosts in HTTP/1.0', 'GET /healthz HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n', [malformed]],
    ['no version', 'GET /healthz\r\n\r\n', [malformed]],
    ['HTTP/1.2', `GET /healthz HTTP/1.2\r\n${END}`, [malformed]],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [malformed]],
    ['a fragment', `GET /healthz#x HTTP/1.1\r\n${END}`, [malformed]],
    [
      'a fragment in place of a query',
      `POST ${COUNT.replace('?', '#')} HTTP/1.1\r\n${JSON_14}${END}${BODY}`,
      [malformed],
    ],
    ['a fragment after the query', `POST ${COUNT}#x HTTP/1.1\r\n${JSON_14}${END}${BODY}`, [malformed]],
    ['a method in lower case', `get /healthz HTTP/1.1\r\n${END}`, [malformed]],
    ['an unknown method', `SCALE /healthz HTTP/1.1\r\n${END}`, [malformed]],
    ['a method of 10,000 letters', `${'G'.repeat(10_000)} /healthz HTTP/1.1\r\n${END}`, [malformed]],
    ['bare line feeds', 'GET /healthz HTTP/1.1\nHost: a\nConnection: close\n\n', [malformed]],
    ['an asterisk', `OPTIONS * HTTP/1.1\r\n${END}`, ['404 ROUTE_NOT_FOUND']],
    [
      'a proxy request for a write',
      `POST https://evil.example${COUNT}&x=1 HTTP/1.1\r\n${JSON_14}${END}${BODY}`,
      ['400 INVALID_QUERY'],
    ],
    [
      'no Content-Type',
      `POST ${COUNT} HTTP/1.1\r\nContent-Length: 14\r\n${END}${BODY}`,
      ['415 UNSUPPORTED_MEDIA_TYPE'],
    ],
    [
      'a body declared as compressed',
      `POST ${COUNT} HTTP/1.1\r\nContent-Encoding: gzip\r\n${JSON_14}${END}${BODY}`,
      ['415 UNSUPPORTED_MEDIA_TYPE'],
    ],
    ['no body at all', `POST ${COUNT} HTTP/1.1\r\n${END}`, ['400 INVALID_BODY']],
    ['a tunnel', `CONNECT localhost:443 HTTP/1.1\r\n${END}`, []],
  ])('changes nothing: %s', async (_title, bytes, expected) => {
    expect(await scene.attack(bytes)).toEqual(expected);
  });

  it('changes nothing, and its answer names the allowed methods, for each method that exists', async () => {
    const others = METHODS.filter((method) => !['GET', 'HEAD', 'POST', 'CONNECT'].includes(method));
    expect(others.length).toBeGreaterThan(25);
    await Promise.all(
      others.map(async (method) => {
        const request = `${method} ${COUNT} HTTP/1.1\r\n${JSON_14}${END}${BODY}`;
        const [answer, ...more] = await exchange(scene.attacker, request);
        if (answer === undefined) throw new Error(`${method} got no answer`);
        expect(errorCode(answer)).toBe('METHOD_NOT_ALLOWED');
        expect(answer.headers.allow).toBe('GET, HEAD, POST');
        expect(more).toEqual([]);
      }),
    );
  });

  it.each([COUNT, '/nope', '/healthz?x=1'])('gets no body in the answer to HEAD %s', async (url) => {
    const connection = await scene.open();
    await connection.send(`HEAD ${url} HTTP/1.1\r\n${END}`).ended();
    connection.close();
    expect(connection.received).toMatch(/^HTTP\/1\.1 (200|400|404) /);
    expect(connection.received.indexOf('\r\n\r\n')).toBe(connection.received.length - 4);
  });
});

describe('a write of an unusual form', () => {
  // A write of the present count would not be sent.
  beforeEach(() => {
    scene.demo.deployments.scale('default', 'my-deployment', 3);
  });

  const chunked = `POST ${COUNT} HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n${END}`;
  it.each([
    ['in HTTP/1.0', `POST ${COUNT} HTTP/1.0\r\n${JSON_14}\r\n${BODY}`, []],
    ['with an absolute URL', `POST https://evil.example${COUNT} HTTP/1.1\r\n${JSON_14}${END}${BODY}`, []],
    [
      'that waits for 100 Continue',
      `POST ${COUNT} HTTP/1.1\r\nExpect: 100-continue\r\n${JSON_14}${END}${BODY}`,
      ['100'],
    ],
    ['in chunks', `${chunked}1\r\n{\r\nd\r\n${BODY.slice(1)}\r\n0\r\n\r\n`, []],
    ['in a chunk with extensions', `${chunked}e;name=value;other="quoted"\r\n${BODY}\r\n0;last\r\n\r\n`, []],
    [
      'with trailers, which change nothing',
      `${chunked}e\r\n${BODY}\r\n0\r\nIf-Match: "x"\r\nContent-Type: text/plain\r\n\r\n`,
      [],
    ],
  ])('is a write: %s', async (_title, bytes, first) => {
    expect(await scene.attack(bytes)).toEqual([...first, '200 {"replicaCount":7}']);
    scene.expectWrite(7);
  });
});
