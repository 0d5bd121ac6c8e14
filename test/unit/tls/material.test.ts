import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodePem } from '../../../src/lib/pem.ts';
import { checkTlsMaterial, loadTlsMaterial } from '../../../src/tls/material.ts';
import type { TlsContents } from '../../../src/tls/secure-context.ts';
import { TlsMaterialError } from '../../../src/tls/tls-file.ts';
import { CertificateAuthority } from '../../support/issue-certificate.ts';
import { issueSet, TlsFolder, type TlsSet } from '../../support/tls/tls-folder.ts';

const FILES = { cert: 'tls.crt', key: 'tls.key', clientCa: 'ca.crt' };
const PAST = { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2020-01-02T00:00:00Z') };

/** What `openssl x509 -addtrust clientAuth -trustout` adds to a certificate. */
const AUX = Buffer.from('300c300a06082b06010505070302', 'hex');

let authority: CertificateAuthority;
let set: TlsSet;

beforeAll(async () => {
  authority = await CertificateAuthority.create({ commonName: 'test CA' });
  set = await issueSet(authority);
});

/** A bundle of these. */
function join(...authorities: readonly CertificateAuthority[]): string {
  return authorities.map(({ cert }) => cert).join('\n');
}

/** The error message for a set with these changes. */
function refusal(changes: TlsContents): string {
  const files = changes.crl === undefined ? FILES : { ...FILES, crl: 'ca.crl' };
  try {
    checkTlsMaterial(files, { ...set, ...changes });
  } catch (error) {
    expect(error).toBeInstanceOf(TlsMaterialError);
    return String(error);
  }
  return 'taken';
}

describe('a set of TLS files', () => {
  it('is read unchanged', async () => {
    const folder = await TlsFolder.plain(set);
    expect(loadTlsMaterial(folder.files).contents).toEqual(set);
  });

  it('is refused with the name of a missing file', async () => {
    const folder = await TlsFolder.plain(set);
    const crl = `${folder.path}/none`;
    for (const file of ['cert', 'key', 'clientCa', 'crl'] as const) {
      expect(() => loadTlsMaterial({ ...folder.files, [file]: crl })).toThrow(`${crl} cannot be read`);
    }
  });

  it('is accepted with several authorities, text between them, and intermediates of the server certificate', async () => {
    const other = await CertificateAuthority.create({ commonName: 'other CA' });
    const middle = await authority.createIntermediate({ commonName: 'middle' });
    const { chain, key } = await middle.issue({ commonName: 'localhost', usages: ['serverAuth'] });
    const clientCa = `# roots\n${authority.cert}\nOther CA\n=====\n${other.cert}\n`;
    expect(refusal({ cert: chain, key, clientCa })).toBe('taken');
  });

  it.each(['cert', 'key', 'clientCa'] as const)('is refused if %s is empty or garbage', (file) => {
    for (const content of ['', '\n', 'garbage', '\u0000\u0001', '-----BEGIN CERTIFICATE-----\n']) {
      expect(refusal({ [file]: content })).toContain(`TlsMaterialError: ${FILES[file]} `);
    }
  });

  it.each(['cert', 'key', 'clientCa'] as const)('is refused if %s is cut off at any point', (file) => {
    const whole = (set[file] ?? '').trimEnd();
    for (let length = 0; length < whole.length; length += 7) {
      expect(refusal({ [file]: whole.slice(0, length) })).toContain(`TlsMaterialError: ${FILES[file]} `);
    }
  });

  it('is refused if the bundle is cut off in its second authority', async () => {
    const other = await CertificateAuthority.create({ commonName: 'other CA' });
    const clientCa = `${authority.cert}\n${other.cert}`.trimEnd().slice(0, -10);
    expect(refusal({ clientCa })).toContain(
      'ca.crt is cut off or damaged in PEM block 2 (CERTIFICATE, line ',
    );
  });

  it('is refused if the key belongs to another certificate', async () => {
    const { key } = await issueSet(authority);
    expect(refusal({ key })).toBe(
      'TlsMaterialError: the key in tls.key does not belong to the certificate in tls.crt',
    );
  });

  it.each([
    ['expired', PAST, 'expired at 2020-01-02T00:00:00.000Z'],
    [
      'is not valid yet',
      { notBefore: new Date('2040-01-01'), notAfter: new Date('2041-01-01') },
      'before 2040-01-01',
    ],
  ])('is refused if the server certificate %s', async (_title, validity, message) => {
    const server = await authority.issue({ commonName: 'localhost', usages: ['serverAuth'], ...validity });
    expect(refusal({ cert: server.cert, key: server.key })).toContain(message);
  });

  it.each<[string, (own: string, other: string) => TlsContents, (line: number) => string]>([
    [
      'a bundle whose second block is damaged',
      (own, other) => ({ clientCa: own + other.replace(/\n(.{20})./, '\n$1!') }),
      (line) =>
        `ca.crt is cut off or damaged in PEM block 2 (CERTIFICATE, line ${line}): line ${line + 1} is not base64`,
    ],
    [
      'a bundle whose first block is damaged',
      (own, other) => ({ clientCa: own.replace(/\n(.{20})./, '\n$1!') + other }),
      () => 'ca.crt is cut off or damaged in PEM block 1 (CERTIFICATE, line 1): line 2 is not base64',
    ],
    [
      'a bundle with a block that is not a certificate',
      (own) => ({ clientCa: `${own}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----` }),
      (line) => `ca.crt holds a broken certificate in PEM block 2 (CERTIFICATE, line ${line})`,
    ],
    [
      'a bundle with a label that is misspelt',
      (own, other) => ({ clientCa: own + other.replaceAll('CERTIFICATE', 'CERTIFCATE') }),
      (line) =>
        `ca.crt holds a block that is not supported, PEM block 2 (CERTIFCATE, line ${line}): remove it or convert it`,
    ],
    [
      'a server chain whose intermediate is damaged',
      (own) => ({ cert: own + own.slice(0, 100) }),
      (line) =>
        `tls.crt is cut off or damaged in PEM block 2 (CERTIFICATE, line ${line}): its last line is missing`,
    ],
    [
      'a certificate with bytes after it, which OpenSSL takes for settings for trust',
      (own) => ({ clientCa: encodePem('CERTIFICATE', Buffer.concat([new X509Certificate(own).raw, AUX])) }),
      () => 'ca.crt holds a broken certificate in PEM block 1 (CERTIFICATE, line 1)',
    ],
    [
      'a key in the format of OpenSSH',
      () => ({ key: encodePem('OPENSSH PRIVATE KEY', Buffer.from('key')) }),
      () => 'tls.key holds no readable private key (PEM, without a passphrase)',
    ],
    [
      'an encrypted key',
      () => ({
        key: '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----',
      }),
      () =>
        'tls.key is cut off or damaged in PEM block 1 (RSA PRIVATE KEY, line 1): line 2 is a header, which is not supported (a key must not be encrypted)',
    ],
  ])('is refused with the block and the line: %s', async (_title, changes, message) => {
    const other = await CertificateAuthority.create({ commonName: 'other CA' });
    const [own, another] = [set.cert, other.cert].map((pem) => `${pem.trim()}\n`);
    expect(refusal(changes(own ?? '', another ?? ''))).toContain(
      `TlsMaterialError: ${message((own ?? '').split('\n').length)}`,
    );
  });

  it('is accepted without a root in the bundle, with issuing CAs alone', async () => {
    const middle = await authority.createIntermediate({ commonName: 'middle' });
    const sister = await authority.createIntermediate({ commonName: 'sister' });
    const low = await sister.createIntermediate({ commonName: 'low' });
    const { anchors, trusted } = checkTlsMaterial(FILES, { ...set, clientCa: join(middle, low, sister) });
    expect(anchors.map(({ name }) => name)).toEqual(['CN=middle', 'CN=sister']);
    expect(trusted).toEqual(anchors);
  });

  it('has no issuing CAs as anchors beside a root, even an expired one', async () => {
    const middle = await authority.createIntermediate({ commonName: 'middle' });
    const expired = await CertificateAuthority.create({ commonName: 'old', ...PAST });
    for (const root of [expired, await CertificateAuthority.create({ commonName: 'other' }), authority]) {
      const { anchors, trusted } = checkTlsMaterial(FILES, { ...set, clientCa: join(middle, root) });
      expect(anchors.map(({ certificate }) => `${certificate}`.trim())).toEqual([root.cert.trim()]);
      expect(trusted).toEqual([]);
    }
  });

  it('is refused if no authority is a CA, because OpenSSL would refuse every client', () => {
    expect(refusal({ clientCa: set.cert })).toContain(
      'ca.crt holds neither a root (self-signed) certificate nor one of a CA for clients: the server would accept no client',
    );
  });

  it('is refused if no issuing CA is valid now and there is no root', async () => {
    for (const dates of [PAST, { notBefore: new Date('2040-01-01'), notAfter: new Date('2041-01-01') }]) {
      const middle = await authority.createIntermediate({ commonName: 'middle', ...dates });
      expect(refusal({ clientCa: middle.cert })).toContain(
        'ca.crt holds no root (self-signed) certificate, and no issuing CA that is valid now',
      );
    }
  });

  it('never shows a key in a message', async () => {
    const { key } = await issueSet(authority);
    expect(refusal({ key, cert: key, clientCa: key })).not.toContain('PRIVATE');
    expect(refusal({ key: key.slice(0, 100) })).not.toContain(key.slice(40, 60));
  });
});
