import { beforeAll, describe, expect, it } from 'vitest';
import {
  checkTlsMaterial,
  loadTlsMaterial,
  type TlsContents,
  TlsMaterialError,
} from '../../../src/tls/material.ts';
import { CertificateAuthority } from '../../support/issue-certificate.ts';
import { issueSet, TlsFolder, type TlsSet } from '../../support/tls/tls-folder.ts';

const FILES = { cert: 'tls.crt', key: 'tls.key', clientCa: 'ca.crt' };
const PAST = { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2020-01-02T00:00:00Z') };

let authority: CertificateAuthority;
let set: TlsSet;

beforeAll(async () => {
  authority = await CertificateAuthority.create({ commonName: 'test CA' });
  set = await issueSet(authority);
});

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
    expect(loadTlsMaterial(folder.files)).toEqual({ ...set, crl: undefined });
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
    expect(refusal({ clientCa })).toContain('ca.crt is cut off or damaged in a PEM block (CERTIFICATE)');
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

  it('is refused if no authority is a root, because OpenSSL would refuse every client', async () => {
    const middle = await authority.createIntermediate({ commonName: 'middle' });
    expect(refusal({ clientCa: middle.cert })).toContain('ca.crt holds no root (self-signed) certificate');
  });

  it('never shows a key in a message', async () => {
    const { key } = await issueSet(authority);
    expect(refusal({ key, cert: key, clientCa: key })).not.toContain('PRIVATE');
    expect(refusal({ key: key.slice(0, 100) })).not.toContain(key.slice(40, 60));
  });
});
