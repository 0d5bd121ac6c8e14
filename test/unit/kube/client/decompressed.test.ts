import { once } from 'node:events';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { decompressed } from '../../../../src/kube/client/decompressed.ts';

const EVENTS = Array.from({ length: 100 }, (_, number) => `{"event":${number}}\n`);

/** A stream that receives its chunks one by one, as an API server sends each event of a watch. */
function bodyOf(chunks: readonly Buffer[]): Readable {
  const body = new Readable({ read() {} });
  for (const chunk of chunks) body.push(chunk);
  return body;
}

it('what arrives while a piece is decompressed makes one piece', async () => {
  const body = bodyOf([gzipSync('first\n')]);
  const pieces: string[] = [];
  for await (const piece of decompressed(body)) {
    if (pieces.push(String(piece)) > 1) continue;
    for (const event of EVENTS) body.push(gzipSync(event));
    body.push(null);
  }
  expect(pieces.join('')).toBe(`first\n${EVENTS.join('')}`);
  expect(pieces.length).toBeLessThan(5);
});

it('a piece is passed on before the next one arrives', async () => {
  const body = bodyOf([gzipSync('first')]);
  const pieces = decompressed(body)[Symbol.asyncIterator]();
  expect(String((await pieces.next()).value)).toBe('first');
  body.push(gzipSync('second'));
  expect(String((await pieces.next()).value)).toBe('second');
  body.push(null);
  expect(await pieces.next()).toMatchObject({ done: true });
});

it.each([
  ['is not gzip', Buffer.from('{"items":[]}'), 'Z_DATA_ERROR'],
  ['is cut off', gzipSync('{"items":[]}').subarray(0, -9), 'Z_BUF_ERROR'],
])('a body that %s is an error, and is closed', async (_, bytes, code) => {
  const body = bodyOf([bytes]);
  body.push(null);
  const closed = once(body, 'close');
  await expect(Array.fromAsync(decompressed(body))).rejects.toMatchObject({ code });
  await closed;
});

it('the error of a body is met by its reader', async () => {
  const body = bodyOf([gzipSync('first')]);
  const pieces = decompressed(body)[Symbol.asyncIterator]();
  await pieces.next();
  const error = new Error('the connection broke');
  body.destroy(error);
  await expect(pieces.next()).rejects.toBe(error);
});

it('the body is closed when its reader stops', async () => {
  const body = bodyOf([gzipSync('first')]);
  const closed = once(body, 'close');
  for await (const _ of decompressed(body)) break;
  await closed;
});
