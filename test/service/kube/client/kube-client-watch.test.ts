import type { ServerResponse } from 'node:http';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { CertificateAuthority } from '../../../support/issue-certificate.ts';
import { ApiServer } from '../../../support/kube/api-server.ts';
import { clientOf, readAll } from '../../../support/kube/clients.ts';
import { until } from '../../../support/until.ts';

const request = { path: '/apis/example.com/v1/widgets', query: { watch: true }, deadlineMs: 60_000 };
let ca: CertificateAuthority;

beforeAll(async () => {
  ca = await CertificateAuthority.create({ commonName: 'cluster CA' });
});

/** A server that starts its answers and leaves the rest to the test. */
async function streamingServer() {
  const server = await ApiServer.start(ca);
  const responses: ServerResponse[] = [];
  server.handler = (_, response) => {
    response.flushHeaders();
    responses.push(response);
  };
  return { server, responses };
}

describe('a watch', () => {
  it('is open as soon as the server answers, and returns the bytes as they arrive', async () => {
    const { server, responses } = await streamingServer();
    const stream = await clientOf(server.origin, ca.cert).watch(request);
    const chunks = stream[Symbol.asyncIterator]();
    for (const bytes of ['first', 'second']) {
      responses[0]?.write(bytes);
      const { value } = await chunks.next();
      expect(String(value)).toBe(bytes);
    }
    responses[0]?.end();
    expect(await chunks.next()).toMatchObject({ done: true });
  });

  it('has a deadline for the start of the answer only', async () => {
    const { server, responses } = await streamingServer();
    const client = clientOf(server.origin, ca.cert);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const stream = await client.watch(request);
      vi.advanceTimersByTime(3_600_000);
      responses[0]?.end('still here');
      expect(await readAll(stream)).toBe('still here');
    } finally {
      vi.useRealTimers();
    }
  });

  it('times out and closes its connection if the server does not start an answer', async () => {
    const server = await ApiServer.start(ca);
    server.handler = () => {};
    const watch = clientOf(server.origin, ca.cert).watch({ ...request, deadlineMs: 150 });
    await expect(watch).rejects.toMatchObject({ code: 'KUBE_TIMEOUT' });
    await until(() => server.open === 0);
  });

  it('fails when its connection breaks', async () => {
    const { server, responses } = await streamingServer();
    const stream = await clientOf(server.origin, ca.cert).watch(request);
    responses[0]?.write('first', () => responses[0]?.destroy());
    await expect(readAll(stream)).rejects.toThrow();
  });

  it('fails with the reason of its signal, and closes its connection', async () => {
    const { server } = await streamingServer();
    const abort = new AbortController();
    const reason = new Error('silent for too long');
    const stream = await clientOf(server.origin, ca.cert).watch({ ...request, signal: abort.signal });
    const read = readAll(stream).catch((error: unknown) => error);
    abort.abort(reason);
    expect(await read).toBe(reason);
    await until(() => server.open === 0);
  });

  it('closes its connection when its reader stops', async () => {
    const { server, responses } = await streamingServer();
    const stream = await clientOf(server.origin, ca.cert).watch(request);
    responses[0]?.write('first');
    for await (const _ of stream) break;
    await until(() => server.open === 0);
  });

  it('never takes the connection of a call, however many watches run', async () => {
    const { server } = await streamingServer();
    const client = clientOf(server.origin, ca.cert);
    await Promise.all(Array.from({ length: 40 }, () => client.watch(request)));
    server.handler = (_, response) => void response.end('{}');
    expect(await client.call({ ...request, query: {} })).toEqual({});
    expect(server.open).toBe(41);
  });
});
