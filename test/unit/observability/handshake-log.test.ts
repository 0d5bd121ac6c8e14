import { X509Certificate } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { HandshakeLog, type RefusedHandshake } from '../../../src/observability/handshake-log.ts';
import { CertificateAuthority } from '../../support/issue-certificate.ts';
import { RecordingLogger } from '../../support/kube/recording-logger.ts';

let certificates: readonly X509Certificate[];
let logger: RecordingLogger;
let log: HandshakeLog;

beforeAll(async () => {
  const authority = await CertificateAuthority.create({ commonName: 'foreign CA' });
  const names = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace'];
  const issued = await Promise.all(names.map((commonName) => authority.issue({ commonName })));
  certificates = issued.map(({ cert }) => new X509Certificate(cert));
});
beforeEach(() => {
  vi.useFakeTimers();
  logger = new RecordingLogger();
  log = new HandshakeLog(logger);
});
afterEach(() => {
  vi.useRealTimers();
});

const refuse = (refused: Partial<RefusedHandshake>) =>
  log.refused({ reason: 'untrusted', code: 'X', address: '192.0.2.1', certificate: undefined, ...refused });
const address = (number: number) => `198.51.${number >> 8}.${number & 255}`;
/** The fields of the lines so far that are written at the usual level. */
const lines = () => logger.lines.filter(({ level }) => level !== 'debug').map(({ context }) => context);

it('a certificate that comes again and again has one line, and hides no other of its address', () => {
  for (let time = 0; time < 1000; time += 1) refuse({ certificate: certificates[0] });
  refuse({ certificate: certificates[1] });
  expect(lines()).toMatchObject([
    { certificate: { subject: 'CN=alice', issuer: 'CN=foreign CA', serial: certificates[0]?.serialNumber } },
    { certificate: { subject: 'CN=bob' } },
  ]);
});

it('an address that comes with many certificates has five lines, and hides no other address', () => {
  for (const certificate of certificates) refuse({ certificate });
  expect(lines()).toHaveLength(5);
  refuse({ address: '192.0.2.2', certificate: certificates[6] });
  expect(lines().at(-1)).toMatchObject({ address: '192.0.2.2', certificate: { subject: 'CN=grace' } });
});

it('addresses of one IPv6 network count as one, because a client has all of them', () => {
  for (const certificate of certificates)
    refuse({ address: `2001:db8::${certificate.serialNumber.slice(0, 4)}`, certificate });
  expect(lines()).toHaveLength(5);
});

it('few addresses with many certificates hide no other address', () => {
  for (let number = 0; number < 20; number += 1)
    for (const certificate of certificates) refuse({ address: address(number), certificate });
  expect(lines().length).toBeLessThan(40);
  refuse({ certificate: certificates[0] });
  expect(lines().at(-1)).toMatchObject({ address: '192.0.2.1' });
});

it('a reason that comes from everywhere hides no other reason', () => {
  for (let number = 0; number < 5000; number += 1) refuse({ address: address(number) });
  expect(lines()).toHaveLength(100);
  refuse({ reason: 'expired', certificate: certificates[0] });
  expect(lines().at(-1)).toMatchObject({ reason: 'expired', certificate: { subject: 'CN=alice' } });
});

it('says at the end of a period how many had no line, and then begins again', () => {
  for (let number = 0; number < 5000; number += 1) refuse({ address: address(number) });
  refuse({ reason: 'expired' });
  vi.advanceTimersByTime(10_000);
  expect(logger.lines.slice(5001)).toEqual([
    {
      level: 'warn',
      context: { reason: 'untrusted', count: 4900, remedy: expect.stringContaining('debug') },
      message: 'refused more TLS handshakes, which have no line',
    },
  ]);
  refuse({ address: address(0) });
  expect(lines()).toHaveLength(103);
});

it('shows each at level debug, so that a flood cannot hide a client from somebody who looks for it', () => {
  for (let number = 0; number < 5000; number += 1) refuse({ address: address(number) });
  refuse({ certificate: certificates[0] });
  expect(logger.lines.at(-1)).toMatchObject({
    level: 'debug',
    context: { address: '192.0.2.1', certificate: { subject: 'CN=alice' } },
    message: 'refused a TLS handshake',
  });
});

it('takes a connection that never begins a handshake for the look of a load balancer', () => {
  for (let time = 0; time < 2; time += 1) refuse({ reason: 'timeout', code: 'nothing was sent' });
  log.end();
  expect(logger.lines.map(({ level }) => level)).toEqual(['info', 'debug', 'info']);
  refuse({ reason: 'expired' });
  expect(logger.lines.at(-1)).toMatchObject({ level: 'warn' });
});

it('says so too when the service stops, and leaves no timer behind', () => {
  refuse({});
  refuse({});
  log.end();
  expect(lines().at(-1)).toMatchObject({ reason: 'untrusted', count: 1 });
  expect(vi.getTimerCount()).toBe(0);
});
