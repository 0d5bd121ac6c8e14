import { setImmediate } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { KubeClient } from '../../../../src/kube/client/kube-client.ts';
import {
  KubeCredentialsError,
  KubeOversizeError,
  KubeTimeoutError,
  KubeUnreachableError,
} from '../../../../src/kube/kube-errors.ts';
import { CertificateAuthority } from '../../../support/issue-certificate.ts';
import { ApiServer, refusingOrigin, SilentServer } from '../../../support/kube/api-server.ts';
import { CALL_CONNECTIONS, clientOf, readAll, track } from '../../../support/kube/clients.ts';
import { until } from '../../../support/until.ts';

const request = { path: '/apis/example.com/v1/widgets', deadlineMs: 60_000 };
const shortly = { ...request, deadlineMs: 500 };
let ca: CertificateAuthority;

beforeAll(async () => {
  ca = await CertificateAuthority.create({ commonName: 'cluster CA' });
});

/** A server that accepts requests and never answers. */
async function muteServer(): Promise<ApiServer> {
  const server = await ApiServer.start(ca);
  server.handler = () => {};
  return server;
}

describe('a call that is not answered in time', () => {
  /** A client that is connected, so that only the answer can take long. */
  async function connected(server: ApiServer) {
    const client = clientOf(server.origin, ca.cert);
    await client.call(request);
    // The connection is free again after this turn. A call in the same turn would open another one.
    await setImmediate();
    return client;
  }

  it('is a timeout of a sent request if the server has received it', async () => {
    const server = await ApiServer.start(ca);
    const client = await connected(server);
    server.handler = () => {};
    const call = client.call(shortly);
    await expect(call).rejects.toThrow(KubeTimeoutError);
    await expect(call).rejects.toMatchObject({ sent: true, message: expect.stringContaining('500 ms') });
    await until(() => server.received.length === 2);
    expect(server.connections).toBe(1);
  });

  it('is a timeout of a sent request if the answer began and did not end', async () => {
    const server = await ApiServer.start(ca);
    const client = await connected(server);
    server.handler = (_, response) => void response.write('{"items":[');
    const call = client.call(shortly);
    await expect(call).rejects.toThrow(KubeTimeoutError);
    await expect(call).rejects.toMatchObject({ sent: true });
  });

  it('is a timeout of an unsent request if the handshake hangs', async () => {
    const server = await SilentServer.start();
    const call = clientOf(server.origin, ca.cert).call(shortly);
    await expect(call).rejects.toThrow(KubeTimeoutError);
    await expect(call).rejects.toMatchObject({ sent: false });
  });

  it('is a timeout of an unsent request if it was queued, and it is never sent later', async () => {
    const server = await ApiServer.start(ca);
    const finish: (() => void)[] = [];
    server.handler = (_, response) => void finish.push(() => response.end('{}'));
    const client = clientOf(server.origin, ca.cert);
    const others = Array.from({ length: CALL_CONNECTIONS }, () => client.call(request));
    await until(() => finish.length === CALL_CONNECTIONS);
    const queued = client.call({ ...shortly, path: '/queued' });
    await expect(queued).rejects.toMatchObject({ code: 'KUBE_TIMEOUT', sent: false });
    server.handler = (_, response) => void response.end('{}');
    for (const end of finish) end();
    await Promise.all([...others, client.call(request)]);
    expect(server.received.map(({ url }) => url)).toEqual(Array(CALL_CONNECTIONS + 1).fill(request.path));
  });

  it('includes the time that its credentials take in its deadline', async () => {
    const plugin = { apiVersion: 'client.authentication.k8s.io/v1', command: 'sleep', args: ['1'] };
    const client = clientOf(await refusingOrigin(), ca.cert, { user: { exec: plugin } });
    await expect(client.call(shortly)).rejects.toMatchObject({ code: 'KUBE_TIMEOUT', sent: false });
  });
});

describe('a call without an answer', () => {
  it('was not sent if the connection was refused', async () => {
    const call = clientOf(await refusingOrigin(), ca.cert).call(request);
    await expect(call).rejects.toThrow(KubeUnreachableError);
    await expect(call).rejects.toMatchObject({
      sent: false,
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('was not sent if the name does not resolve', async () => {
    const call = clientOf('https://api.invalid', ca.cert).call(request);
    await expect(call).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE', sent: false });
  });

  it('was sent if the connection broke after the request', async () => {
    const server = await ApiServer.start(ca);
    server.handler = (_, response) => void response.destroy();
    const call = clientOf(server.origin, ca.cert).call({ ...request, method: 'PATCH', body: {} });
    await expect(call).rejects.toThrow(KubeUnreachableError);
    await expect(call).rejects.toMatchObject({ sent: true });
    expect(server.received).toHaveLength(1);
  });

  it('was sent if the connection broke during the answer', async () => {
    const server = await ApiServer.start(ca);
    server.handler = (_, response) => {
      response.write('{"kind":', () => response.destroy());
    };
    const call = clientOf(server.origin, ca.cert).call(request);
    await expect(call).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE', sent: true });
  });

  it('is not retried by the client itself', async () => {
    const server = await ApiServer.start(ca);
    const client = clientOf(server.origin, ca.cert);
    await client.call(request);
    server.handler = (_, response) => void response.destroy();
    await expect(client.call(request)).rejects.toMatchObject({ sent: true });
    expect(server.received).toHaveLength(2);
  });

  it('fails as a credentials error if its credentials cannot be read', async () => {
    const client = track(
      new KubeClient(() => {
        throw new Error('ENOENT: kubeconfig');
      }, CALL_CONNECTIONS),
    );
    await expect(client.call(request)).rejects.toThrow(KubeCredentialsError);
    await expect(client.watch(request)).rejects.toThrow(KubeCredentialsError);
  });
});

describe('an endless answer', () => {
  it.each([
    ['of a call', 200, '{"pad":"', 'call'],
    ['of a call that failed', 500, '{"pad":"', 'call'],
    ['of a watch that failed', 500, '{"pad":"', 'watch'],
  ] as const)('is cut off after 16 MiB: %s', async (_, status, start, kind) => {
    const server = await ApiServer.start(ca);
    let sent = 0;
    server.handler = (__, response) => {
      const block = Buffer.alloc(256 * 1024, 'x');
      const pour = () => {
        do sent += block.length;
        while (!response.destroyed && response.write(block));
      };
      response.writeHead(status).write(start);
      response.on('drain', pour);
      pour();
    };
    const client = clientOf(server.origin, ca.cert);
    await expect(client[kind](request)).rejects.toThrow(KubeOversizeError);
    await until(() => server.open === 0);
    // The buffers between server and client take further bytes beyond the limit.
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });
});

describe('a request that its caller cancels', () => {
  const reason = new Error('the caller went away');

  it.each(['call', 'watch'] as const)('before it begins is not sent: a %s', async (kind) => {
    const server = await ApiServer.start(ca);
    const client = clientOf(server.origin, ca.cert);
    await expect(client[kind]({ ...request, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(server.received).toEqual([]);
  });

  it.each(['call', 'watch'] as const)(
    'fails with the given reason and closes its connection: a %s',
    async (kind) => {
      const server = await muteServer();
      const abort = new AbortController();
      const ended = clientOf(server.origin, ca.cert)
        [kind]({ ...request, signal: abort.signal })
        .catch((error: unknown) => error);
      await until(() => server.received.length === 1);
      abort.abort(reason);
      expect(await ended).toBe(reason);
      await until(() => server.open === 0);
    },
  );
});

describe('a closed client', () => {
  it('has no connection left, whatever it was doing', async () => {
    const server = await ApiServer.start(ca);
    const client = clientOf(server.origin, ca.cert);
    await client.call(request);
    await readAll(await client.watch(request));
    server.handler = (_, response) => response.flushHeaders();
    const watching = expect(client.watch(request).then(readAll)).rejects.toThrow();
    const calling = expect(client.call(request)).rejects.toMatchObject({
      code: 'KUBE_UNREACHABLE',
      sent: true,
    });
    await until(() => server.received.length === 4);
    await client.close();
    await Promise.all([watching, calling]);
    await until(() => server.open === 0);
  });

  it('ends connections that are being established, and their calls fail as not sent', async () => {
    const server = await SilentServer.start();
    const client = clientOf(server.origin, ca.cert);
    const calling = expect(client.call(request)).rejects.toMatchObject({ sent: false });
    await until(() => server.open === 1);
    await client.close();
    await calling;
    // This is before the end of the 5 s for the handshake.
    await until(() => server.open === 0);
  });

  it('makes no new connection', async () => {
    const server = await ApiServer.start(ca);
    const client = clientOf(server.origin, ca.cert);
    await client.close();
    await expect(client.call(request)).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE', sent: false });
    await expect(client.watch(request)).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE' });
    expect(server.connections).toBe(0);
  });

  it('has no connection left if it was closed at any moment in the start of a call', async () => {
    const server = await ApiServer.start(ca);
    for (let turns = 0; turns < 20; turns += 1) {
      const client = clientOf(server.origin, ca.cert);
      const calling = expect(client.call(request)).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE' });
      for (let turn = 0; turn < turns; turn += 1) await null;
      await client.close();
      await calling;
    }
    // When this call is answered, any connections of the other clients would have arrived too.
    await clientOf(server.origin, ca.cert).call(request);
    await until(() => server.open === 1);
  });

  it('may be closed twice, and before it is used', async () => {
    const client = clientOf('https://127.0.0.1:1', ca.cert);
    await client.close();
    await client.close();
  });
});
