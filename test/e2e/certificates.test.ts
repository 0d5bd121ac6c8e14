import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kubectl } from '../support/e2e/commands.ts';
import { forwardPort } from '../support/e2e/port-forward.ts';
import { Release } from '../support/e2e/release.ts';
import { CertificateAuthority, type IssuedCertificate } from '../support/issue-certificate.ts';
import { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

// The kubelet checks Secrets about once per minute, and at once when the annotations of a pod change.
const KUBELET_LIMIT_MS = 150_000;

let release: Release;
let next: CertificateAuthority;
let pods: string[];

/** Changes the Secret as a rotation does, and makes the kubelet check at once. */
async function rotate(server: IssuedCertificate, clientCas: string): Promise<void> {
  await release.useCertificate(server, clientCas);
  const names = pods.map((pod) => `pod/${pod}`);
  await kubectl(
    'annotate',
    '-n',
    release.name,
    '--overwrite',
    ...names,
    `e2e.example/serial=${server.serial}`,
  );
}

/**
 * Checks each pod through a new forwarded port. Once a pod has reset a connection, as it may do to a client that it
 * refuses, kubectl forwards no further ones, and on the same port the pod would seem to refuse everybody.
 */
async function everywhere(check: (port: number) => Promise<boolean>): Promise<boolean> {
  const checked = pods.map(async (pod) => {
    const forward = await forwardPort(release.name, `pod/${pod}`);
    try {
      return await check(forward.port);
    } finally {
      await forward.close();
    }
  });
  return (await Promise.all(checked)).every((holds) => holds);
}

/** The serial number of the server certificate that a pod serves. */
function servedSerial(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().serialNumber.toLowerCase());
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

/** The status on a new connection with this client certificate, or 0 if the pod refuses it. */
async function statusFor(port: number, client: IssuedCertificate): Promise<number> {
  const connection = new TestClient(port, { ...client, ca: `${release.authority.cert}\n${next.cert}` });
  try {
    return (await connection.get('/healthz')).status;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED') throw error; // by kubectl
    return 0;
  } finally {
    await connection.close();
  }
}

beforeAll(async () => {
  release = await Release.install();
  next = await CertificateAuthority.create({ commonName: 'e2e-next-ca' });
  pods = await release.pods();
});

afterAll(() => release?.remove());

describe('an update of the TLS Secret reaches the running pods', () => {
  it('if it has a new server certificate and adds a second client CA, and clients of the first stay', async () => {
    const server = await release.serverCertificate(next);
    await rotate(server, `${release.authority.cert}\n${next.cert}`);
    const serial = server.serial.replace(/^0+/, '');
    await until(
      () => everywhere(async (port) => (await servedSerial(port)).replace(/^0+/, '') === serial),
      KUBELET_LIMIT_MS,
    );
    const [old, fresh] = [
      await release.clientCertificate('client'),
      await release.clientCertificate('client', next),
    ];
    expect(await everywhere(async (port) => (await statusFor(port, old)) === 200)).toBe(true);
    expect(await everywhere(async (port) => (await statusFor(port, fresh)) === 200)).toBe(true);
  });

  it('if it then removes the first CA, whose clients are refused', async () => {
    await rotate(await release.serverCertificate(next), next.cert);
    const [old, fresh] = [
      await release.clientCertificate('client'),
      await release.clientCertificate('client', next),
    ];
    await until(() => everywhere(async (port) => (await statusFor(port, old)) === 0), KUBELET_LIMIT_MS);
    expect(await everywhere(async (port) => (await statusFor(port, fresh)) === 200)).toBe(true);
  });

  it('without a restart', async () => {
    expect(await release.pods()).toEqual(pods);
    const restarts = '{.items[*].status.containerStatuses[*].restartCount}';
    expect(await kubectl('get', 'pods', '-n', release.name, '-o', `jsonpath=${restarts}`)).toBe('0 0');
  });
});
