import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { FakeApiServer } from '../../support/fake-apiserver/fake-apiserver.ts';
import { CertificateAuthority, type LeafOptions } from '../../support/issue-certificate.ts';
import { logTo } from '../../support/log-to.ts';
import { TestService } from '../../support/service.ts';
import { until } from '../../support/until.ts';

const HOUR_MS = 3_600_000;

let demo: FakeApiServer;
let service: TestService;
let log: Record<string, unknown>[];

beforeAll(async () => {
  demo = await FakeApiServer.start();
  log = [];
  service = await TestService.start({
    kubeconfig: demo.kubeconfig,
    logStream: logTo((line) => log.push(JSON.parse(line))),
  });
  await service.synced();
});
afterAll(async () => {
  await service.stop();
  await demo.stop();
});

/** Lets somebody try a handshake, and returns the line about it. */
async function lineAbout(attempt: () => Socket): Promise<Record<string, unknown> | undefined> {
  const before = log.length;
  const socket = attempt().on('error', () => {});
  onTestFinished(() => void socket.destroy());
  const refusal = () => log.slice(before).find(({ msg }) => msg === 'refused a TLS handshake');
  await until(() => refusal() !== undefined);
  return refusal();
}

const byTls = (options: ConnectionOptions) => () =>
  connect({ port: service.port, host: '127.0.0.1', rejectUnauthorized: false, ...options }).resume();

async function issue(options: LeafOptions, authority = service.authority) {
  const { cert, key, serial } = await authority.issue({ usages: ['clientAuth'], ...options });
  return { cert, key, serial: serial.toUpperCase() };
}

it('the line about a refused client names its certificate and address, and says what helps', async () => {
  const notAfter = new Date(Math.floor((Date.now() - HOUR_MS) / 1000) * 1000);
  const notBefore = new Date(Date.now() - 2 * HOUR_MS);
  const alice = await issue({ commonName: 'alice', organizations: ['dev'], notBefore, notAfter });
  expect(await lineAbout(byTls(alice))).toMatchObject({
    reason: 'expired',
    code: 'CERT_HAS_EXPIRED',
    address: '127.0.0.1',
    certificate: {
      subject: 'O=dev, CN=alice',
      issuer: 'CN=test CA',
      serial: alice.serial,
      expires: notAfter.toISOString(),
    },
    explanation: expect.stringContaining('expired'),
    remedy: 'issue a new certificate for the client, if you know it: nobody has verified its name',
  });
});

it('the line about a client of another CA names that CA', async () => {
  const other = await CertificateAuthority.create({ commonName: 'other CA' });
  const bob = await issue({ commonName: 'bob' }, other);
  expect(await lineAbout(byTls(bob))).toMatchObject({
    reason: 'untrusted',
    address: '127.0.0.1',
    certificate: { subject: 'CN=bob', issuer: 'CN=other CA', serial: bob.serial },
  });
});

it('the line about a client without a certificate has its address', async () => {
  const line = await lineAbout(byTls({}));
  expect(line).toMatchObject({ reason: 'no_certificate', address: '127.0.0.1' });
  expect(line).not.toHaveProperty('certificate');
});

it('the line about a client that does not speak TLS says so', async () => {
  const line = await lineAbout(() => {
    const socket = connectTcp(service.port, '127.0.0.1').resume();
    socket.write('GET / HTTP/1.1\r\n\r\n');
    return socket;
  });
  expect(line).toMatchObject({ reason: 'not_tls', address: '127.0.0.1', remedy: 'let the client use https' });
});

it('a hostile name can neither end a line, move the cursor nor fill the log', async () => {
  const other = await CertificateAuthority.create({ commonName: 'hostile CA\u001b[2J' });
  const commonName = `root\n{"level":"info"}\u202e\u001b[31m\u0085\u0000,CN=admin${'x'.repeat(20_000)}`;
  const line = await lineAbout(byTls(await issue({ commonName }, other)));
  expect(line).toMatchObject({ reason: 'untrusted', certificate: { issuer: expect.stringMatching(/^CN=/) } });
  const { certificate } = line ?? {};
  expect(JSON.stringify(certificate)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]|\\u00|\\n/u);
  expect(JSON.stringify(certificate).length).toBeLessThan(1_000);
  // What looks like a further attribute is a part of the name.
  expect(certificate).toMatchObject({ subject: expect.stringContaining('\\,CN=admin') });
});

it('a client that is let in has no such line', async () => {
  const before = log.length;
  expect((await service.get('/healthz')).status).toBe(200);
  expect(log.slice(before).filter(({ msg }) => msg === 'refused a TLS handshake')).toEqual([]);
});
