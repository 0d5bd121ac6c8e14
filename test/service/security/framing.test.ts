import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { summary } from '../../support/security/answers.ts';
import { BODY, COUNT, Scene } from '../../support/security/scene.ts';
import { until } from '../../support/until.ts';

/** Framing of requests: shapes that a proxy might frame in another way, and several requests on one connection. */
let scene: Scene;

beforeAll(async () => {
  scene = await Scene.start();
});
afterEach(() => scene.expectUnharmed());
afterAll(async () => {
  await scene.expectUnharmed();
  await scene.stop();
});

/** Sets another count than that of WRITE: a write of the present one would only be a read. */
const otherCount = () => scene.demo.deployments.scale('default', 'my-deployment', 3);

const CART = '/replica-count?namespace=shop&deployment=cart';
const HEAD = `POST ${COUNT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
const LENGTH = 'Content-Length: 14\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const CHUNKS = `e\r\n${BODY}\r\n0\r\n\r\n`;
const WRITE = `${HEAD}${LENGTH}\r\n${BODY}`;
const READ = `GET ${CART} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
const LAST_READ = READ.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');

describe('a write whose end is ambiguous', () => {
  it.each([
    ['Content-Length, then chunked', `${HEAD}${LENGTH}${CHUNKED}\r\n${CHUNKS}`],
    ['chunked, then Content-Length', `${HEAD}${CHUNKED}${LENGTH}\r\n${CHUNKS}`],
    ['chunked that hides a second write', `${HEAD}Content-Length: 5\r\n${CHUNKED}\r\n0\r\n\r\n${WRITE}`],
    ['two lengths', `${HEAD}${LENGTH}Content-Length: 0\r\n\r\n${BODY}`],
    ['the same length twice', `${HEAD}${LENGTH}${LENGTH}\r\n${BODY}`],
    ['a list of lengths', `${HEAD}Content-Length: 14, 14\r\n\r\n${BODY}`],
    ['a length with a sign', `${HEAD}Content-Length: +14\r\n\r\n${BODY}`],
    ['a negative length', `${HEAD}Content-Length: -1\r\n\r\n${BODY}`],
    ['a hexadecimal length', `${HEAD}Content-Length: 0xe\r\n\r\n${BODY}`],
    ['a length beyond 64 bits', `${HEAD}Content-Length: 18446744073709551630\r\n\r\n${BODY}`],
    ['an empty length', `${HEAD}Content-Length:\r\n\r\n${BODY}`],
    ['chunked twice', `${HEAD}${CHUNKED}${CHUNKED}\r\n${CHUNKS}`],
    ['chunked, identity', `${HEAD}Transfer-Encoding: chunked, identity\r\n\r\n${CHUNKS}`],
    ['gzip, chunked', `${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n${CHUNKS}`],
    ['identity', `${HEAD}Transfer-Encoding: identity\r\n\r\n${BODY}`],
    ['almost chunked', `${HEAD}Transfer-Encoding: xchunked\r\n\r\n${CHUNKS}`],
    ['chunked with a vertical tab', `${HEAD}Transfer-Encoding: \x0bchunked\r\n\r\n${CHUNKS}`],
    ['a space before the colon', `${HEAD}Transfer-Encoding : chunked\r\n\r\n${CHUNKS}`],
    ['a folded header', `${HEAD}Transfer-Encoding:\r\n chunked\r\n\r\n${CHUNKS}`],
    ['a header after a bare CR', `${HEAD}X: a\rTransfer-Encoding: chunked\r\n\r\n${CHUNKS}`],
    ['a header after a bare LF', `${HEAD}X: a\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}`],
    ['a header after a NUL', `${HEAD}X: a\0b\r\n${LENGTH}\r\n${BODY}`],
    ['a header without a name', `${HEAD}: a\r\n${LENGTH}\r\n${BODY}`],
    ['a space before the first header', `POST ${COUNT} HTTP/1.1\r\n ${CHUNKED}Host: a\r\n\r\n${CHUNKS}`],
    ['chunked in HTTP/1.0', `${HEAD.replace('1.1', '1.0')}${CHUNKED}\r\n${CHUNKS}`],
    ['a chunk beyond 64 bits', `${HEAD}${CHUNKED}\r\n1000000000000000e\r\n${BODY}\r\n0\r\n\r\n`],
    ['a chunk with a sign', `${HEAD}${CHUNKED}\r\n+e\r\n${BODY}\r\n0\r\n\r\n`],
    ['a chunk that is longer than its size', `${HEAD}${CHUNKED}\r\nd\r\n${BODY}\r\n0\r\n\r\n`],
    ['a chunk after a bare LF', `${HEAD}${CHUNKED}\r\ne\n${BODY}\r\n0\r\n\r\n`],
    ['a chunk extension after a bare LF', `${HEAD}${CHUNKED}\r\ne;\n${BODY}\r\n0\r\n\r\n`],
    [
      'a chunk extension of 20,000 letters',
      `${HEAD}${CHUNKED}\r\ne;${'a'.repeat(20_000)}\r\n${BODY}\r\n0\r\n\r\n`,
    ],
    ['a length among the trailers', `${HEAD}${CHUNKED}\r\ne\r\n${BODY}\r\n0\r\nContent-Length: 3\r\n\r\n`],
  ])('changes nothing, and gets exactly one answer on its connection: %s', async (_title, bytes) => {
    expect(await scene.attack(`${bytes}${WRITE}`)).toEqual(['400 MALFORMED_REQUEST']);
  });

  it('changes nothing if its trailers are too large', async () => {
    const trailers = `X: ${'a'.repeat(20_000)}\r\n`;
    const bytes = `${HEAD}${CHUNKED}\r\ne\r\n${BODY}\r\n0\r\n${trailers}\r\n`;
    expect(await scene.attack(bytes)).toEqual(['431 HEADERS_TOO_LARGE']);
  });

  it('changes nothing if the connection ends before the body does', async () => {
    for (const rest of ['', '{', BODY.slice(0, -1)]) {
      const connection = await scene.open();
      connection.socket.end(`${HEAD}${LENGTH}\r\n${rest}`);
      await connection.ended();
      expect(connection.answers.map(summary)).not.toContain('200 {"replicaCount":7}');
      connection.close();
    }
  });

  it('does not execute a request inside its body', async () => {
    const outer = `GET ${CART} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${WRITE.length}\r\n\r\n${WRITE}`;
    expect(await scene.attack(outer + LAST_READ)).toEqual(Array(2).fill('200 {"replicaCount":4}'));
  });
});

describe('pipelined requests', () => {
  it('are answered in their order', async () => {
    const pipeline = [READ, 'GET /nope HTTP/1.1\r\nHost: a\r\n\r\n', READ, LAST_READ].join('');
    const count = '200 {"replicaCount":4}';
    expect(await scene.attack(pipeline)).toEqual([count, '404 ROUTE_NOT_FOUND', count, count]);
  });

  it('are all answered if there are 200 of them', async () => {
    const answers = await scene.attack(READ.repeat(199) + LAST_READ);
    expect(answers).toEqual(Array(200).fill('200 {"replicaCount":4}'));
  });

  it('are all answered if there are 20,000 of them', async () => {
    const connection = await scene.open();
    await connection.send(READ.repeat(19_999) + LAST_READ).ended();
    expect(connection.answers).toHaveLength(20_000);
    expect(new Set(connection.answers.map(summary))).toEqual(new Set(['200 {"replicaCount":4}']));
  });

  it('do no harm if the client closes its half at once', async () => {
    const connection = await scene.open();
    connection.socket.end(READ.repeat(3));
    await connection.ended();
    expect(new Set(connection.answers.map(summary))).toEqual(new Set(['200 {"replicaCount":4}']));
  });

  it.each([
    ['garbage', 'garbage\r\n\r\n'],
    ['a body whose chunks are malformed', `${HEAD}${CHUNKED}\r\nzz\r\n`],
  ])('get the answer of a running write even if %s follows it', async (_title, follows) => {
    otherCount();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    scene.demo.faults.add({ on: 'patchScale', times: 1, fault: { type: 'call', action: () => held } });
    const patches = scene.demo.requests.count('patchScale');
    const connection = await scene.open();
    connection.send(WRITE + follows);
    await until(() => scene.demo.requests.count('patchScale') > patches);
    await scene.bystander.count('shop', 'cart');
    expect(connection.received).toBe('');
    release();
    await connection.ended();
    expect(connection.answers.map(summary)).toEqual(['200 {"replicaCount":7}']);
    scene.expectWrite(7);
  });

  it('include a write whose client disconnects before the answer: it is executed and logged', async () => {
    otherCount();
    const patches = scene.demo.requests.count('patchScale');
    scene.demo.faults.add({
      on: 'patchScale',
      times: 1,
      delayMs: 100,
      fault: { type: 'call', action: () => {} },
    });
    const connection = await scene.open();
    connection.send(WRITE);
    await until(() => scene.demo.requests.count('patchScale') > patches);
    connection.socket.destroy();
    const audits = () => scene.log.filter((line) => line.includes('"msg":"audit"')).length;
    const before = audits();
    await until(() => audits() === before + 1);
    scene.expectWrite(7);
  });

  it('get no second answer for a body that becomes malformed after the first', async () => {
    const connection = await scene.open();
    connection.send(`POST /nope HTTP/1.1\r\nHost: a\r\n${CHUNKED}\r\n`);
    await until(() => connection.answers.length === 1);
    await connection.send('zz\r\n').ended();
    expect(connection.answers.map(summary)).toEqual(['404 ROUTE_NOT_FOUND']);
  });
});
