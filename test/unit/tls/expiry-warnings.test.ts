import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ExpiryWarnings } from '../../../src/tls/expiry-warnings.ts';
import type { TlsMaterial } from '../../../src/tls/secure-context.ts';
import { CertificateAuthority } from '../../support/issue-certificate.ts';
import { uncheckedMaterial } from '../../support/tls/unchecked-material.ts';

const FILES = { cert: 'tls.crt', key: 'tls.key', clientCa: 'ca.crt', crl: 'ca.crl' };
const START = Date.parse('2030-01-01T00:00:00Z');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let authority: CertificateAuthority;
let lines: [level: string, message: string, context: object][];
let warnings: ExpiryWarnings;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
  authority = await CertificateAuthority.create({ commonName: 'root CA' });
  lines = [];
  const log = (level: string) => (context: object, message: string) => {
    lines.push([level, message, context]);
  };
  const logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
  warnings = new ExpiryWarnings(FILES, logger);
});
afterEach(() => {
  vi.useRealTimers();
});

/** A set whose certificate and CRL are valid for these numbers of days from START. */
async function material(certificateDays: number, crlDays: number): Promise<TlsMaterial> {
  const until = (days: number) => new Date(START + days * DAY_MS);
  const dates = { notBefore: new Date(START), notAfter: until(certificateDays) };
  const server = await authority.issue({ commonName: 'localhost', ...dates });
  const crl = await authority.createCrl([], { thisUpdate: new Date(START), nextUpdate: until(crlDays) });
  return uncheckedMaterial({ ...server, clientCa: authority.cert, crl });
}

/** The messages of a check this number of days after START. */
function messagesAt(days: number, subject: TlsMaterial): string[] {
  vi.setSystemTime(START + days * DAY_MS);
  lines = [];
  warnings.check(subject);
  return lines.map(([level, message]) => `${level}: ${message}`);
}

describe('a warning of expiry', () => {
  const CERTIFICATE = 'warn: the server certificate expires soon';
  const CRL = 'warn: a CRL expires soon: from then on every client of its issuer is refused';

  it.each([
    [1, 0.74, 0.76],
    [30, 22.4, 22.6],
    [90, 75.9, 76.1],
    [3650, 3635.9, 3636.1],
  ])(
    'is logged in the last quarter of a lifetime of %s days, or in the last 14 days',
    async (life, before, after) => {
      const certificate = await material(life, 100_000);
      expect(messagesAt(before, certificate)).toEqual([]);
      expect(messagesAt(after, certificate)).toEqual([CERTIFICATE]);
      const crl = await material(100_000, life);
      expect(messagesAt(before, crl)).toEqual([]);
      expect(messagesAt(after, crl)).toEqual([CRL]);
    },
  );

  it('is logged at most once per day for each certificate or CRL, and says when it has expired', async () => {
    const subject = await material(40, 39);
    expect(messagesAt(37, subject)).toEqual([CERTIFICATE, CRL]);
    for (const day of [37.1, 37.5, 37.9]) expect(messagesAt(day, subject)).toEqual([]);
    expect(messagesAt(38, subject)).toEqual([CERTIFICATE, CRL]);
    expect(messagesAt(39, subject)).toEqual([
      CERTIFICATE,
      'error: a CRL has expired: every client of its issuer is refused',
    ]);
    expect(messagesAt(39.9, subject)).toEqual([]);
    expect(messagesAt(40.1, subject)).toEqual([
      'error: the server certificate has expired: clients refuse it',
      'error: a CRL has expired: every client of its issuer is refused',
    ]);
  });

  it('names the file, the expiry time and the hours left', async () => {
    messagesAt(39, await material(40, 39.5));
    expect(lines.map(([, , context]) => context)).toEqual([
      { file: 'tls.crt', until: '2030-02-10T00:00:00.000Z', hoursLeft: 24 },
      { file: 'ca.crl', issuer: 'CN=root CA', until: '2030-02-09T12:00:00.000Z', hoursLeft: 12 },
    ]);
  });

  it('stops after a renewal, and starts again before the next expiry', async () => {
    expect(messagesAt(8.5, await material(10, 1000))).toEqual([CERTIFICATE]);
    expect(messagesAt(8.6, await material(20, 1000))).toEqual([]);
    expect(messagesAt(8.7, await material(10, 1000))).toEqual([CERTIFICATE]);
  });
});
