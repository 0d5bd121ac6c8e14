import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { KubeMalformedError, KubeOversizeError } from '../../../../src/kube/kube-errors.ts';
import { CertificateAuthority } from '../../../support/issue-certificate.ts';
import { ApiServer } from '../../../support/kube/api-server.ts';
import { clientOf, readAll } from '../../../support/kube/clients.ts';
import { until } from '../../../support/until.ts';

const request = { path: '/apis/example.com/v1/widgets', deadlineMs: 60_000 };
const GZIP = { 'content-encoding': 'gzip' };
let ca: CertificateAuthority;

beforeAll(async () => {
  ca = await CertificateAuthority.create({ commonName: 'cluster CA' });
});

/** A server that answers with these bytes, as gzip. */
async function serverOf(status: number, bytes: Buffer): Promise<ApiServer> {
  const server = await ApiServer.start(ca);
  server.handler = (_, response) => void response.writeHead(status, GZIP).end(bytes);
  return server;
}

describe('a compressed answer', () => {
  it('is requested and decompressed', async () => {
    const server = await serverOf(200, gzipSync('{"items":[{"ä":1}]}'));
    expect(await clientOf(server.origin, ca.cert).call(request)).toEqual({ items: [{ ä: 1 }] });
    expect(server.received[0]?.headers['accept-encoding']).toBe('gzip');
  });

  it('is decompressed if it is an error', async () => {
    const server = await serverOf(503, gzipSync('{"reason":"ServiceUnavailable"}'));
    const call = clientOf(server.origin, ca.cert).call(request);
    await expect(call).rejects.toMatchObject({ status: 503, reason: 'ServiceUnavailable' });
  });

  it('may have at most 16 MiB after decompression', async () => {
    const server = await serverOf(200, gzipSync(`"${'x'.repeat(17 * 1024 * 1024)}"`));
    await expect(clientOf(server.origin, ca.cert).call(request)).rejects.toThrow(KubeOversizeError);
    await until(() => server.open === 0);
  });

  it.each([
    ['is not gzip', Buffer.from('{"items":[]}')],
    ['is cut off', gzipSync('{"items":[]}').subarray(0, -9)],
  ])('is malformed if it %s', async (_, bytes) => {
    const server = await serverOf(200, bytes);
    await expect(clientOf(server.origin, ca.cert).call(request)).rejects.toThrow(KubeMalformedError);
  });

  it('is a connection failure if the connection breaks during it', async () => {
    const server = await ApiServer.start(ca);
    server.handler = (_, response) => {
      response.writeHead(200, GZIP).write(gzipSync('{}').subarray(0, 15), () => response.destroy());
    };
    const call = clientOf(server.origin, ca.cert).call(request);
    await expect(call).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE', sent: true });
  });
});

describe('a compressed watch', () => {
  it('returns each event when it arrives, and ends normally if it ends after an event', async () => {
    const server = await ApiServer.start(ca);
    const sent: ((text: string) => void)[] = [];
    let end = () => {};
    server.handler = (_, response) => {
      response.writeHead(200, GZIP).flushHeaders();
      // kube-apiserver sends each flush as a separate gzip member.
      sent.push((text) => response.write(gzipSync(text)));
      end = () => void response.end();
    };
    const stream = await clientOf(server.origin, ca.cert).watch(request);
    const chunks = stream[Symbol.asyncIterator]();
    for (const text of ['first', 'second', 'third']) {
      sent[0]?.(text);
      const { value } = await chunks.next();
      expect(String(value)).toBe(text);
    }
    end();
    expect(await chunks.next()).toMatchObject({ done: true });
  });

  it('closes its connection when its reader stops', async () => {
    const server = await ApiServer.start(ca);
    server.handler = (_, response) => void response.writeHead(200, GZIP).write(gzipSync('first'));
    for await (const _ of await clientOf(server.origin, ca.cert).watch(request)) break;
    await until(() => server.open === 0);
  });

  it('fails with the reason of its signal', async () => {
    const server = await ApiServer.start(ca);
    server.handler = (_, response) => void response.writeHead(200, GZIP).write(gzipSync('first'));
    const abort = new AbortController();
    const reason = new Error('silent for too long');
    const stream = await clientOf(server.origin, ca.cert).watch({ ...request, signal: abort.signal });
    const read = readAll(stream).catch((error: unknown) => error);
    abort.abort(reason);
    expect(await read).toBe(reason);
    await until(() => server.open === 0);
  });

  it('fails when its connection breaks', async () => {
    const server = await ApiServer.start(ca);
    server.handler = (_, response) => {
      response.writeHead(200, GZIP).write(gzipSync('first'), () => response.destroy());
    };
    const stream = await clientOf(server.origin, ca.cert).watch(request);
    await expect(readAll(stream)).rejects.toThrow();
  });
});
