import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kubectl } from '../support/e2e/commands.ts';
import { Release } from '../support/e2e/release.ts';
import { CertificateAuthority, type IssuedCertificate } from '../support/issue-certificate.ts';
import { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

// The kubelet looks at Secrets about once a minute, and at once where a pod's annotations change.
const KUBELET_LIMIT_MS = 150_000;

let release: Release;
let next: CertificateAuthority;
let pods: string[];
let ports: number[];

/** Changes the Secret as rotation does it, and has the kubelet look at once. */
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

/** The serial number of the certificate that a pod serves to whoever connects. */
function servedSerial(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().serialNumber.toLowerCase());
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

/** The status that a new connection with this client certificate gets, or 0 where it is refused. */
async function statusFor(port: number, client: IssuedCertificate): Promise<number> {
  const connection = new TestClient(port, { ...client, ca: `${release.authority.cert}\n${next.cert}` });
  try {
    return (await connection.get('/healthz')).status;
  } catch {
    return 0;
  } finally {
    await connection.close();
  }
}

const everywhere = async (check: (port: number) => Promise<boolean>) =>
  (await Promise.all(ports.map(check))).every((holds) => holds);

beforeAll(async () => {
  release = await Release.install();
  next = await CertificateAuthority.create({ commonName: 'e2e-next-ca' });
  pods = await release.pods();
  ports = await Promise.all(pods.map(async (pod) => (await release.forward(`pod/${pod}`)).port));
});

afterAll(() => release?.remove());

describe('updates of the TLS Secret reach the running pods', () => {
  it('first a server certificate and clients of a second CA, while those of the first stay', async () => {
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

  it('then the first CA gone, and its clients refused', async () => {
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
