import { beforeAll, describe, expect, it } from 'vitest';
import type { CallObserver } from '../../../../src/kube/client/call-observer.ts';
import {
  KubeMalformedError,
  KubeTimeoutError,
  KubeUnreachableError,
} from '../../../../src/kube/kube-errors.ts';
import { CertificateAuthority } from '../../../support/issue-certificate.ts';
import { ApiServer, refusingOrigin } from '../../../support/kube/api-server.ts';
import { clientOf } from '../../../support/kube/clients.ts';

const request = { path: '/apis/example.com/v1/widgets', deadlineMs: 60_000 };
let ca: CertificateAuthority;

beforeAll(async () => {
  ca = await CertificateAuthority.create({ commonName: 'cluster CA' });
});

/** Writes down what it sees. */
class Recorder implements CallObserver {
  readonly seen: unknown[] = [];
  readonly #headers: Readonly<Record<string, string>>;

  constructor(headers: Readonly<Record<string, string>> = {}) {
    this.#headers = headers;
  }

  began({ method = 'GET' }: Parameters<CallObserver['began']>[0], kind: 'call' | 'watch') {
    this.seen.push(`${kind} ${method}`);
    return { headers: this.#headers, ended: (outcome: number | Error) => void this.seen.push(outcome) };
  }
}

describe('an observer of calls', () => {
  it('sees each call once, with the status of its answer', async () => {
    const server = await ApiServer.start(ca);
    const recorder = new Recorder();
    const client = clientOf(server.origin, ca.cert, { observers: [recorder] });
    await client.call(request);
    server.handler = (_, response) => void response.writeHead(409).end();
    await expect(client.call({ ...request, method: 'PATCH' })).rejects.toThrow();
    expect(recorder.seen).toEqual(['call GET', 200, 'call PATCH', 409]);
  });

  it('sees the status of an answer that cannot be used', async () => {
    const server = await ApiServer.start(ca);
    server.handler = (_, response) => void response.end('no JSON');
    const recorder = new Recorder();
    const client = clientOf(server.origin, ca.cert, { observers: [recorder] });
    await expect(client.call(request)).rejects.toThrow(KubeMalformedError);
    expect(recorder.seen).toEqual(['call GET', 200]);
  });

  it('sees the error of a call that got no answer, or only a part of one', async () => {
    const recorder = new Recorder();
    const nobody = clientOf(await refusingOrigin(), ca.cert, { observers: [recorder] });
    await expect(nobody.call(request)).rejects.toThrow();
    const server = await ApiServer.start(ca);
    server.handler = (_, response) => {
      response.write('{');
      response.socket?.end();
    };
    const client = clientOf(server.origin, ca.cert, { observers: [recorder] });
    await expect(client.call(request)).rejects.toThrow();
    const unreachable = expect.any(KubeUnreachableError);
    expect(recorder.seen).toEqual(['call GET', unreachable, 'call GET', unreachable]);
  });

  it('sees the deadline of a call, and why its caller has given it up', async () => {
    const server = await ApiServer.start(ca);
    server.handler = () => {};
    const recorder = new Recorder();
    const client = clientOf(server.origin, ca.cert, { observers: [recorder] });
    await expect(client.call({ ...request, deadlineMs: 1 })).rejects.toThrow(KubeTimeoutError);
    const reason = new Error('nobody waits');
    await expect(client.call({ ...request, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(recorder.seen).toEqual(['call GET', expect.any(KubeTimeoutError), 'call GET', reason]);
  });

  it('sees the beginning of a watch, not its end', async () => {
    const server = await ApiServer.start(ca);
    server.handler = (_, response) => response.flushHeaders();
    const recorder = new Recorder();
    const client = clientOf(server.origin, ca.cert, { observers: [recorder] });
    await client.watch(request);
    server.handler = (_, response) => void response.writeHead(410).end();
    await expect(client.watch(request)).rejects.toThrow();
    await client.close();
    expect(recorder.seen).toEqual(['watch GET', 200, 'watch GET', 410]);
  });

  it('adds its headers to those of the other observers, and replaces none of the client', async () => {
    const server = await ApiServer.start(ca);
    const observers = [
      new Recorder({ traceparent: '00-1-2-01' }),
      new Recorder({ tracestate: 'a=b', accept: 'x' }),
    ];
    const client = clientOf(server.origin, ca.cert, { observers, user: { token: 't' } });
    await client.call(request);
    expect(server.received[0]?.headers).toMatchObject({
      traceparent: '00-1-2-01',
      tracestate: 'a=b',
      accept: 'application/json',
      authorization: 'Bearer t',
    });
  });
});
