import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { errorCode, summary } from '../../support/security/answers.ts';
import { exchange } from '../../support/security/raw.ts';
import { BODY, COUNT, Scene } from '../../support/security/scene.ts';

/** Paths and queries that pretend to be others, and bodies that are too large, too deep or too clever. */
let scene: Scene;

beforeAll(async () => {
  scene = await Scene.start();
});
afterEach(() => scene.expectUnharmed());
afterAll(() => scene.stop());

const END = 'Host: localhost\r\nConnection: close\r\n\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';

describe('a path that resembles one of the service', () => {
  const query = COUNT.slice('/replica-count'.length);
  it.each([
    ['//replica-count', '404 ROUTE_NOT_FOUND'],
    ['///replica-count', '404 ROUTE_NOT_FOUND'],
    ['//evil.example/replica-count', '404 ROUTE_NOT_FOUND'],
    ['/replica-count/', '404 ROUTE_NOT_FOUND'],
    ['/default%2f/replica-count', '404 CLUSTER_NOT_FOUND'],
    ['/default%00/replica-count', '404 CLUSTER_NOT_FOUND'],
    ['/DEFAULT/replica-count', '404 CLUSTER_NOT_FOUND'],
    ['/replica-count/replica-count', '404 CLUSTER_NOT_FOUND'],
    ['/__proto__/replica-count', '404 CLUSTER_NOT_FOUND'],
    ['/default//replica-count', '404 ROUTE_NOT_FOUND'],
    ['/default/default/replica-count', '404 ROUTE_NOT_FOUND'],
    ['/replica-count//', '404 ROUTE_NOT_FOUND'],
    ['/./replica-count', '404 CLUSTER_NOT_FOUND'],
    ['/x/../replica-count', '404 ROUTE_NOT_FOUND'],
    ['/deployments/%2e%2e/replica-count', '404 ROUTE_NOT_FOUND'],
    ['/%2freplica-count', '404 ROUTE_NOT_FOUND'],
    ['/%2e/replica-count', '404 CLUSTER_NOT_FOUND'],
    ['/replica-count%2f', '404 ROUTE_NOT_FOUND'],
    ['/replica-count%3fnamespace=default&deployment=my-deployment', '404 ROUTE_NOT_FOUND'],
    ['/replica-count%23', '404 ROUTE_NOT_FOUND'],
    ['/replica-count%00', '404 ROUTE_NOT_FOUND'],
    ['/replica-count%20', '404 ROUTE_NOT_FOUND'],
    ['/replica-count%0d%0aX:%20y', '404 ROUTE_NOT_FOUND'],
    ['/replica%252Dcount', '404 ROUTE_NOT_FOUND'],
    ['/replica-count;x=1', '404 ROUTE_NOT_FOUND'],
    ['/replica-count&x=1', '404 ROUTE_NOT_FOUND'],
    ['/REPLICA-COUNT', '404 ROUTE_NOT_FOUND'],
    ['/replica-count.json', '404 ROUTE_NOT_FOUND'],
    ['/replica_count', '404 ROUTE_NOT_FOUND'],
    ['/__proto__', '404 ROUTE_NOT_FOUND'],
    ['/constructor', '404 ROUTE_NOT_FOUND'],
    ['/*', '404 ROUTE_NOT_FOUND'],
    ['/:x', '404 ROUTE_NOT_FOUND'],
    ['/replica-count%', '400 INVALID_URL'],
    ['/replica-count%c0%af', '400 INVALID_URL'],
    ['/replica-count%ff', '400 INVALID_URL'],
    ['/%u002e', '400 INVALID_URL'],
    ['/replica-count\0', '400 MALFORMED_REQUEST'],
    ['/replica-count\x7f', '400 MALFORMED_REQUEST'],
    ['/replica-count\xff', '400 MALFORMED_REQUEST'],
    ['/replica-count x', '400 MALFORMED_REQUEST'],
    ['\\replica-count', '400 MALFORMED_REQUEST'],
    ['replica-count', '400 MALFORMED_REQUEST'],
    ['%2freplica-count', '400 MALFORMED_REQUEST'],
  ])('writes nothing: %j', async (path, expected) => {
    const head = `POST ${path}${query} HTTP/1.1\r\n${JSON_TYPE}Content-Length: 14\r\n${END}`;
    expect(await scene.attack(head + BODY)).toEqual([expected]);
  });
});

describe('a query that resembles a valid one', () => {
  it.each([
    'namespace=default&deployment=my-deployment&namespace=shop',
    'namespace[]=default&deployment[]=my-deployment',
    'namespace[0]=default&deployment=my-deployment',
    'namespace.x=default&deployment=my-deployment',
    'Namespace=default&deployment=my-deployment',
    'namespace=default;deployment=my-deployment',
    'namespace=default%26deployment=my-deployment',
    'namespace=default&deployment=my-deployment%00',
    'namespace=default&deployment=my-deployment%0a',
    'namespace=default&deployment=my-deployment%ff',
    'namespace=default&deployment=my-deployment%',
    'namespace=default&deployment=my-deployment+',
    'namespace=default&deployment=my-deployment%2fscale',
    'namespace=default&deployment=..%2f..%2fsecrets%2fx',
    'namespace=../kube-system&deployment=my-deployment',
    'namespace=default&deployment=my%E2%80%90deployment',
    'namespace=default&deployment=%EF%BD%8Dy-deployment',
    'namespace=default&deployment=my-deployment&__proto__[replicas]=9',
    'namespace=default&deployment=my-deployment&constructor.prototype=9',
    'namespace=default&deployment=my-deployment&=',
    'namespace=default&deployment=my-deployment&replicas=9',
    'namespace=default&deployment=my-deployment&maxAge=0',
    'namespace=default&deployment=my-deployment&fieldManager=x&force=true',
    '?namespace=default&deployment=my-deployment',
    `namespace=default&deployment=my-deployment${'&x'.repeat(900)}`,
  ])('writes nothing: %s', async (query) => {
    const head = `POST /replica-count?${query} HTTP/1.1\r\n${JSON_TYPE}Content-Length: 14\r\n${END}`;
    expect(await scene.attack(head + BODY)).toEqual(['400 INVALID_QUERY']);
  });
});

describe('a body', () => {
  const post = (body: string | Buffer, headers = JSON_TYPE) =>
    Buffer.concat([
      Buffer.from(`POST ${COUNT} HTTP/1.1\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n${END}`),
      Buffer.from(body),
    ]);

  it.each([
    ['1,024 brackets deep', '['.repeat(512) + ']'.repeat(512)],
    ['1,000 brackets deep and open', '['.repeat(1_000)],
    ['170 objects deep', `${'{"a":'.repeat(170)}1${'}'.repeat(170)}`],
    ['a prototype', '{"__proto__":{"replicas":7}}'],
    ['a prototype beside the count', '{"replicas":7,"__proto__":null}'],
    ['a prototype in disguise', '{"replicas":7,"\\u005f_proto__":{"x":1}}'],
    ['a constructor', '{"replicas":7,"constructor":{"prototype":{"x":1}}}'],
    ['an inherited count', '{"toString":7,"valueOf":7}'],
    ['a count with 900 digits', `{"replicas":${'9'.repeat(900)}}`],
    ['a count with a huge exponent', '{"replicas":1e999999999}'],
    ['200 keys', `{${Array.from({ length: 100 }, (_, i) => `"k${i}":1`).join()}}`],
    ['the same key 70 times', `{${Array(70).fill('"replicas":7').join()}}`],
    ['UTF-16', Buffer.from(BODY, 'utf16le')],
    [
      'bytes that are not UTF-8',
      Buffer.concat([Buffer.from('{"replicas":7,"'), Buffer.from([0xff, 0xfe, 0xc0]), Buffer.from('":1}')]),
    ],
    ['a NUL', '{"replicas":7}\0'],
    ['two bodies', BODY + BODY],
    ['a form', 'replicas=7'],
    ['gzip', Buffer.from('1f8b0800000000000003ab562a4a2dc8c94c4e2c56b232af0500e6d4d8520e000000', 'hex')],
  ])('writes nothing: %s', async (_title, body) => {
    expect(await scene.attack(post(body))).toEqual(['400 INVALID_BODY']);
  });

  it.each([
    ['1,025 spaces and a count', ' '.repeat(1_025) + BODY],
    ['10 MB, all of it sent', `${BODY}${' '.repeat(10_000_000)}`],
  ])('of more than 1 KiB writes nothing: %s', async (_title, body) => {
    expect(await scene.attack(post(body))).toEqual(['413 BODY_TOO_LARGE']);
  });

  it('of a gigabyte is refused before it arrives', async () => {
    const head = `POST ${COUNT} HTTP/1.1\r\n${JSON_TYPE}Content-Length: 1073741824\r\n${END}`;
    expect(await scene.attack(head)).toEqual(['413 BODY_TOO_LARGE']);
  });

  it('in endless chunks is refused at 1 KiB', async () => {
    const head = `POST ${COUNT} HTTP/1.1\r\n${JSON_TYPE}Transfer-Encoding: chunked\r\n${END}`;
    expect(await scene.attack(head + '1\r\n \r\n'.repeat(1_025))).toEqual(['413 BODY_TOO_LARGE']);
  });

  it.each([
    'text/plain',
    'application/json-patch+json',
    'application/x-www-form-urlencoded',
    'application/json, text/plain',
    'application/jsonx',
    'application/json/x',
    '*/*',
    'json',
    ';',
    'text/plain;application/json',
  ])('declared as %s writes nothing', async (type) => {
    expect(await scene.attack(post(BODY, `Content-Type: ${type}\r\n`))).toEqual([
      '415 UNSUPPORTED_MEDIA_TYPE',
    ]);
  });

  it('does not change the prototype of objects', async () => {
    for (const body of ['{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}'])
      for (const answer of await exchange(scene.attacker, post(body)))
        expect(errorCode(answer)).toBe('INVALID_BODY');
    const [answer] = await exchange(
      scene.attacker,
      `GET /deployments?__proto__[polluted]=1 HTTP/1.1\r\n${END}`,
    );
    expect(answer && summary(answer)).toBe('400 INVALID_QUERY');
    expect('polluted' in {}).toBe(false);
  });
});
