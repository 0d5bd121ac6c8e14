import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CertificateAuthority } from '../../support/issue-certificate.ts';

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

describe('a certificate authority', () => {
  it('issues leaf certificates that name their holder and are signed by the authority', async () => {
    const authority = await CertificateAuthority.create({ commonName: 'root' });
    const leaf = await authority.issue({
      commonName: 'alice, "the" #1',
      organizations: ['team-a', 'team b'],
      sans: ['127.0.0.1', 'localhost'],
      usages: ['serverAuth', 'clientAuth'],
      serial: '0a0b',
    });
    const cert = new X509Certificate(leaf.cert);
    const root = new X509Certificate(authority.cert);
    expect(root.ca).toBe(true);
    expect(cert.ca).toBe(false);
    expect(cert.checkIssued(root)).toBe(true);
    expect(cert.verify(root.publicKey)).toBe(true);
    expect(cert.checkPrivateKey(createPrivateKey(leaf.key))).toBe(true);
    expect(cert.toLegacyObject().subject).toMatchObject({ CN: 'alice, "the" #1', O: ['team-a', 'team b'] });
    expect(cert.subjectAltName).toBe('IP Address:127.0.0.1, DNS:localhost');
    expect(cert.keyUsage).toEqual([SERVER_AUTH, CLIENT_AUTH]);
    expect(cert.serialNumber).toBe('0A0B');
    expect(leaf.serial).toBe('0a0b');
  });

  it('omits the extended key usage if none is given', async () => {
    const authority = await CertificateAuthority.create({ commonName: 'root' });
    const { cert } = await authority.issue({ commonName: 'bob' });
    expect(new X509Certificate(cert).keyUsage).toBeUndefined();
  });

  it('uses the given dates', async () => {
    const authority = await CertificateAuthority.create({ commonName: 'root' });
    const notBefore = new Date('2020-01-01T00:00:00Z');
    const notAfter = new Date('2020-01-02T00:00:00Z');
    const cert = new X509Certificate(
      (await authority.issue({ commonName: 'bob', notBefore, notAfter })).cert,
    );
    expect([cert.validFromDate, cert.validToDate]).toEqual([notBefore, notAfter]);
  });

  it('returns the intermediates with each leaf, without the root', async () => {
    const root = await CertificateAuthority.create({ commonName: 'root' });
    const middle = await root.createIntermediate({ commonName: 'middle' });
    const leaf = await middle.issue({ commonName: 'leaf', usages: ['clientAuth'] });
    expect(leaf.chain.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(leaf.chain.startsWith(leaf.cert)).toBe(true);
    const cert = new X509Certificate(leaf.cert);
    const parent = new X509Certificate(middle.cert);
    expect(cert.checkIssued(parent) && parent.checkIssued(new X509Certificate(root.cert))).toBe(true);
  });

  it('creates revocation lists', async () => {
    const authority = await CertificateAuthority.create({ commonName: 'root' });
    const { serial } = await authority.issue({ commonName: 'bob' });
    expect(await authority.createCrl([serial])).toMatch(/^-----BEGIN X509 CRL-----\n/);
    expect(await authority.createCrl([])).toMatch(/-----END X509 CRL-----/);
  });
});
