import { beforeAll, describe, expect, it } from 'vitest';
import { checkTlsMaterial } from '../../../src/tls/material.ts';
import { TlsMaterialError } from '../../../src/tls/tls-file.ts';
import { CertificateAuthority } from '../../support/issue-certificate.ts';
import { opensslCertificate, opensslCrl, type Pair } from '../../support/tls/openssl.ts';
import { issueSet, type TlsSet } from '../../support/tls/tls-folder.ts';

const FILES = { cert: 'tls.crt', key: 'tls.key', clientCa: 'ca.crt', crl: 'ca.crl' };
const CA = ['basicConstraints=critical,CA:TRUE', 'subjectKeyIdentifier=hash'];

let root: CertificateAuthority;
let middle: CertificateAuthority;
let set: TlsSet;

beforeAll(async () => {
  root = await CertificateAuthority.create({ commonName: 'root CA' });
  middle = await root.createIntermediate({ commonName: 'middle CA' });
  set = await issueSet(root);
});

/** The checked material with these CRLs. By default the bundle contains `root CA`. */
function check(crl: string, clientCa = root.cert) {
  return checkTlsMaterial(FILES, { ...set, clientCa, crl });
}

/** The error message for these CRLs. */
function refusal(crl: string, clientCa = root.cert): string {
  try {
    check(crl, clientCa);
  } catch (error) {
    expect(error).toBeInstanceOf(TlsMaterialError);
    return String(error);
  }
  return 'taken';
}

function derOf(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----[^-]*-----/g, ''), 'base64');
}

function pemOf(der: Buffer): string {
  return `-----BEGIN X509 CRL-----\n${der.toString('base64')}\n-----END X509 CRL-----\n`;
}

describe('a CRL file', () => {
  it('may contain several CRLs, with text between them', async () => {
    const crl = `${await root.createCrl(['0b', '0c'])}\nmiddle\n${await middle.createCrl([])}\n`;
    const lists = check(crl, `${root.cert}\n${middle.cert}`).crls;
    expect(lists?.map(({ issuer }) => issuer)).toEqual(['CN=root CA', 'CN=middle CA']);
    expect(lists?.map((list) => [...list.revokedSerials()])).toEqual([['b', 'c'], []]);
  });

  it('must contain a CRL per authority of the bundle, and the error names an authority without one', async () => {
    expect(refusal(await root.createCrl([]), `${root.cert}\n${middle.cert}`)).toBe(
      'TlsMaterialError: ca.crl holds no CRL of CN=middle CA: with one CRL every certificate in ca.crt needs one',
    );
  });

  it('needs no CRL for an authority that has expired', async () => {
    const notAfter = new Date(Date.now() - 60_000);
    const old = await CertificateAuthority.create({ commonName: 'old CA', notAfter });
    expect(refusal(await root.createCrl([]), `${root.cert}\n${old.cert}`)).toBe('taken');
  });

  it.each([
    [
      'expired',
      { nextUpdate: new Date('2020-01-02T00:00:00Z'), thisUpdate: new Date('2020-01-01') },
      'expired at 2020-01-02T',
    ],
    [
      'not valid yet',
      { thisUpdate: new Date('2040-01-01'), nextUpdate: new Date('2041-01-01') },
      'is not valid before 2040',
    ],
    [
      'not valid after 2050',
      { thisUpdate: new Date('2051-01-01'), nextUpdate: new Date('2052-01-01') },
      'is not valid before 2051',
    ],
  ])('is refused if one CRL is %s', async (_title, times, message) => {
    expect(refusal(await root.createCrl([], times))).toContain(`the CRL of CN=root CA in ca.crl ${message}`);
  });

  it('is refused if one CRL is from an authority outside the bundle, even one with the same name', async () => {
    const message = 'the CRL of CN=root CA in ca.crl is not signed by a certificate in ca.crt';
    const other = await CertificateAuthority.create({ commonName: 'root CA' });
    expect(refusal(await other.createCrl([]))).toContain(message);
    expect(refusal(await middle.createCrl([]))).toContain('the CRL of CN=middle CA in ca.crl is not signed');
  });

  it('is refused if one CRL was changed after it was signed', async () => {
    const pem = await root.createCrl(['0badcafe']);
    const der = derOf(pem);
    der[der.indexOf('0badcafe', 0, 'hex')] = 0x0c;
    const forged = pemOf(der);
    expect(refusal(forged)).toContain('is not signed by a certificate in ca.crt');
  });

  it('is refused if it is empty, garbage or cut off anywhere', async () => {
    const pem = (await root.createCrl(['0a'])).trimEnd();
    for (const content of ['', 'garbage', root.cert])
      expect(refusal(content)).toContain('ca.crl holds no PEM block');
    for (let length = 0; length < pem.length; length += 7) {
      expect(refusal(pem.slice(0, length))).toContain('TlsMaterialError: ca.crl ');
    }
  });

  it('is refused if bytes are missing at its end or left over', async () => {
    const der = derOf(await root.createCrl(['0a']));
    for (const bytes of [
      der.subarray(0, -1),
      der.subarray(0, 40),
      Buffer.concat([der, der]),
      der.subarray(1),
    ]) {
      expect(refusal(pemOf(bytes))).toBe(
        'TlsMaterialError: ca.crl holds a broken CRL in PEM block 1 (X509 CRL, line 1)',
      );
    }
  });

  it('must contain a CRL per name, even if two authorities share a key', async () => {
    const first = await opensslCertificate({ subject: '/CN=first', extensions: CA });
    const second = await opensslCertificate({ subject: '/CN=second', extensions: CA, key: first.key });
    const clientCa = `${first.cert}\n${second.cert}`;
    const crl = await opensslCrl(first, []);
    expect(refusal(crl, clientCa)).toContain('ca.crl holds no CRL of CN=second');
    expect(refusal(`${crl}\n${await opensslCrl(second, [])}`, clientCa)).toBe('taken');
  });

  it('is refused without any other error, whichever byte is wrong', async () => {
    const pem = await root.createCrl(['0a'], { nextUpdate: new Date('2039-01-01') });
    const der = derOf(pem);
    for (let index = 0; index < der.length; index += 1) {
      for (const value of [0x00, 0x7f, 0x80, 0x84, 0xff]) {
        const changed = Buffer.from(der);
        if (changed[index] === value) continue;
        changed[index] = value;
        const crl = pemOf(changed);
        expect(refusal(crl), `byte ${index} = ${value}`).toContain('ca.crl');
      }
    }
  });

  it.each([
    ['a delta CRL', '2.5.29.27=critical,DER:02:01:01', 'it is a delta CRL'],
    [
      'a CRL with an unknown critical extension',
      '1.2.3.4=critical,DER:05:00',
      'it has an unknown critical extension',
    ],
  ])('is refused if it contains %s', async (_title, extension, message) => {
    const authority = await opensslCertificate({ subject: '/CN=openssl', extensions: [] });
    const crl = await opensslCrl(authority, [], [extension]);
    expect(refusal(crl, authority.cert)).toContain(
      `the CRL of CN=openssl in ca.crl cannot be used: ${message}`,
    );
  });

  it.each([
    ['onlyCA=TRUE', 'it covers certificates of CAs only (onlyContainsCACerts)'],
    ['onlyAA=TRUE', 'it covers attribute certificates only (onlyContainsAttributeCerts)'],
    ['indirectCRL=TRUE', 'it covers certificates of other issuers too (indirectCRL)'],
    ['onlysomereasons=keyCompromise', 'it covers some reasons for revocation only (onlySomeReasons)'],
    [
      'relativename=name\n[name]\nCN=x',
      'its distribution point has a relative name (nameRelativeToCRLIssuer)',
    ],
  ])('is refused by name if a CRL is partial: %s', async (field, reason) => {
    const authority = await opensslCertificate({ subject: '/CN=openssl', extensions: CA });
    for (const critical of ['critical,', '']) {
      const crl = await opensslCrl(
        authority,
        [],
        [`issuingDistributionPoint=${critical}@idp\n[idp]\n${field}`],
      );
      expect(refusal(crl, authority.cert)).toBe(
        `TlsMaterialError: the CRL of CN=openssl in ca.crl cannot be used: ${reason}`,
      );
    }
  });

  it.each([
    ['onlyuser=TRUE'],
    ['fullname=URI:http://ca.test/crl'],
    ['fullname=URI:http://ca.test/crl\nonlyuser=TRUE'],
  ])('with %s is accepted of an issuing CA, and of a root only beside one for all', async (fields) => {
    const extension = `issuingDistributionPoint=critical,@idp\n[idp]\n${fields}`;
    const [ofRoot, ofMiddle] = [
      await opensslCrl(root, [], [extension]),
      await opensslCrl(middle, ['0A'], [extension]),
    ];
    const bundle = `${root.cert}\n${middle.cert}`;
    const forAll = await root.createCrl([]);
    expect(refusal(forAll + ofMiddle, bundle)).toBe('taken');
    expect(refusal(forAll + ofRoot)).toBe('taken');
    expect(refusal(ofRoot)).toBe(
      'TlsMaterialError: ca.crl holds no CRL of CN=root CA that covers the certificate of CN=root CA: add one without an issuing distribution point',
    );
    expect(refusal(`${ofRoot}\n${ofMiddle}`, bundle)).toContain('holds no CRL of CN=root CA that covers');
  });

  it('is refused if it does not cover an intermediate of the bundle', async () => {
    const own = await opensslCertificate({
      subject: '/CN=own',
      extensions: [...CA, 'crlDistributionPoints=URI:http://ca.test/crl'],
    });
    const below = await opensslCertificate({ subject: '/CN=below', extensions: CA, issuer: own });
    const fields = 'issuingDistributionPoint=critical,@idp\n[idp]\nfullname=URI:http://ca.test/crl';
    const crl = `${await opensslCrl(own, [], [fields])}\n${await opensslCrl(below, [])}`;
    expect(refusal(crl, own.cert + below.cert)).toContain(
      'ca.crl holds no CRL of CN=own that covers the certificate of CN=below',
    );
    expect(refusal(await opensslCrl(own, [], [fields]), own.cert)).toBe('taken');
  });

  it('is refused if its authorityKeyIdentifier is that of another certificate with the same key', async () => {
    const former = await opensslCertificate({ subject: '/CN=own', extensions: CA });
    const renewed = await opensslCertificate({ subject: '/CN=own', extensions: CA, key: former.key });
    const extensions = ['authorityKeyIdentifier=keyid:always,issuer:always'];
    const message =
      'the CRL of CN=own in ca.crl is not signed by a certificate in ca.crt, or its authorityKeyIdentifier is that of another one';
    expect(refusal(await opensslCrl(former, [], extensions), renewed.cert)).toContain(message);
    expect(refusal(await opensslCrl(renewed, [], extensions), renewed.cert)).toBe('taken');
    expect(refusal(await opensslCrl(former, []), renewed.cert)).toBe('taken');
  });

  it('is refused if the bundle holds no root, because OpenSSL asks for the CRL of the root too', async () => {
    expect(refusal(await middle.createCrl([]), middle.cert)).toBe(
      'TlsMaterialError: ca.crt holds no root (self-signed) certificate: with the CRLs in ca.crl OpenSSL asks for the CRL of the root too, so add the root and its CRL, or do without CRLs',
    );
  });

  it('is refused if an authority may not sign CRLs, because OpenSSL would refuse its clients', async () => {
    const extensions = [...CA, 'keyUsage=critical,keyCertSign'];
    const authority = await opensslCertificate({ subject: '/CN=openssl', extensions });
    expect(refusal(await opensslCrl(authority, []), authority.cert)).toContain(
      'CN=openssl in ca.crt may not sign CRLs: its keyUsage has no cRLSign',
    );
  });

  it.each([
    ['RSA with SHA-256', ['rsa:2048'], 'sha256'],
    ['RSA with SHA-512', ['rsa:2048'], 'sha512'],
    ['ECDSA with P-384 and SHA-384', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], 'sha384'],
    ['Ed25519', ['ed25519'], 'null'],
  ])('from openssl is accepted, signed by %s', async (_title, newKey, digest) => {
    const authority: Pair = await opensslCertificate({
      subject: '/C=DE/O=Example Ltd/CN=Größte CA',
      extensions: [...CA, 'keyUsage=critical,keyCertSign,cRLSign'],
      newKey,
    });
    const crl = await opensslCrl(
      authority,
      ['0A', '00FF01', '1234567890ABCDEF1234567890ABCDEF'],
      undefined,
      digest,
    );
    const [list] = check(crl, authority.cert).crls ?? [];
    expect([...(list?.revokedSerials() ?? [])]).toEqual(['a', 'ff01', '1234567890abcdef1234567890abcdef']);
    expect(list?.nextUpdate?.getTime()).toBeGreaterThan(Date.now());
  });

  it.each([
    ['a salt as long as the digest', 'rsa:2048', 'sha256', ['rsa_pss_saltlen:-1']],
    ['no salt', 'rsa:2048', 'sha256', ['rsa_pss_saltlen:0']],
    ['the default salt length', 'rsa:2048', 'sha256', ['rsa_pss_saltlen:20']],
    ['SHA-384', 'rsa:2048', 'sha384', ['rsa_pss_saltlen:-1']],
    ['SHA-512 and the longest salt', 'rsa:2048', 'sha512', ['rsa_pss_saltlen:190']],
    ['a key for RSA-PSS only', 'rsa-pss', 'sha256', []],
  ])(
    'is accepted with an RSA-PSS signature with %s, unless it was changed',
    async (_title, key, digest, salt) => {
      const authority = await opensslCertificate({ subject: '/CN=pss', extensions: CA, newKey: [key] });
      const options = ['rsa_padding_mode:pss', ...salt];
      const crl = await opensslCrl(authority, ['0BADCAFE'], undefined, digest, options);
      expect(refusal(crl, authority.cert)).toBe('taken');
      const der = derOf(crl);
      der[der.indexOf('0badcafe', 0, 'hex')] = 0x0c;
      expect(refusal(pemOf(der), authority.cert)).toContain('is not signed by a certificate in ca.crt');
    },
  );

  it.each([
    ['SHA-1', 'sha1', []],
    ['SHA-224', 'sha224', []],
    ['a mask with SHA-1', 'sha256', ['rsa_mgf1_md:sha1']],
    ['a mask with SHA-512', 'sha256', ['rsa_mgf1_md:sha512']],
  ])('is refused with an RSA-PSS signature with %s', async (_title, digest, mask) => {
    const authority = await opensslCertificate({ subject: '/CN=pss', extensions: CA, newKey: ['rsa:2048'] });
    const crl = await opensslCrl(authority, [], undefined, digest, ['rsa_padding_mode:pss', ...mask]);
    expect(refusal(crl, authority.cert)).toContain(
      'the CRL of CN=pss in ca.crl cannot be used: its signature is not supported',
    );
  });

  it('may list many serial numbers', async () => {
    const authority = await opensslCertificate({ subject: '/CN=openssl', extensions: CA });
    const serials = Array.from(
      { length: 20_000 },
      (_, index) => `AA${(index + 65_536).toString(16).toUpperCase()}0`,
    );
    const [list] = check(await opensslCrl(authority, serials), authority.cert).crls ?? [];
    expect(list?.revokedSerials().size).toBe(20_000);
  });
});
