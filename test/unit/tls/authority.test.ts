import { webcrypto, X509Certificate } from 'node:crypto';
import 'reflect-metadata'; // @peculiar/x509 requires its user to load it first
import * as x509 from '@peculiar/x509';
import { beforeAll, describe, expect, it } from 'vitest';
import { readAuthority } from '../../../src/tls/authority.ts';
import { DerError } from '../../../src/tls/der.ts';
import { RevocationList } from '../../../src/tls/revocation-list.ts';
import { crlsIn } from '../../../src/tls/tls-file.ts';
import { CertificateAuthority } from '../../support/issue-certificate.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
let keys: webcrypto.CryptoKeyPair;

beforeAll(async () => {
  keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
});

/** A self-signed certificate with this name, with just these extensions. */
async function certificate(
  name: x509.JsonNameParams,
  extensions: x509.Extension[] = [],
  serialNumber = '01',
): Promise<X509Certificate> {
  const { rawData } = await x509.X509CertificateGenerator.createSelfSigned({
    name: new x509.Name(name),
    keys,
    signingAlgorithm: ALGORITHM,
    serialNumber,
    extensions,
  });
  return new X509Certificate(Buffer.from(rawData));
}

const read = (authority: CertificateAuthority) => readAuthority(new X509Certificate(authority.cert));

describe('the name of an authority', () => {
  it('is its subject, not its issuer', async () => {
    const root = await CertificateAuthority.create({ commonName: 'root' });
    const below = await root.createIntermediate({ commonName: 'below' });
    expect([read(root).name, read(below).name]).toEqual(['CN=root', 'CN=below']);
  });

  it('lists the attributes in order, whatever letters they are made of', async () => {
    const name: x509.JsonNameParams = [
      { C: [{ printableString: 'DE' }] },
      { O: [{ utf8String: 'Beispiel, AG' }] },
      { CN: [{ utf8String: '根 CA' }] },
    ];
    expect(readAuthority(await certificate(name)).name).toBe('C=DE, O=Beispiel, AG, CN=根 CA');
  });

  it('is empty if the subject is', async () => {
    expect(readAuthority(await certificate([])).name).toBe('');
  });

  it.each(['01', '7f', '00ff', '80', '7fffffffffffffffffffffffffffffffffffffff'])(
    'is found behind the serial number %s',
    async (serial) => {
      expect(readAuthority(await certificate([{ CN: ['root'] }], [], serial)).name).toBe('CN=root');
    },
  );
});

describe('an authority', () => {
  const { cRLSign, keyCertSign, decipherOnly, digitalSignature } = x509.KeyUsageFlags;

  it.each([
    ['may sign CRLs if its key usage says so', cRLSign, true],
    ['may sign CRLs if its key usage says so among others', cRLSign | keyCertSign | digitalSignature, true],
    ['may not sign CRLs if it may only sign certificates', keyCertSign, false],
    ['may not sign CRLs if its key usage needs a second byte and does not say so', decipherOnly, false],
  ])('%s', async (_title, usages, expected) => {
    const extensions = [new x509.KeyUsagesExtension(usages, true)];
    expect(readAuthority(await certificate([{ CN: ['root'] }], extensions)).maySignCrls).toBe(expected);
  });

  it('may sign CRLs if it has no key usage, with other extensions or none', async () => {
    const other = [new x509.BasicConstraintsExtension(true, undefined, true)];
    for (const extensions of [[], other]) {
      expect(readAuthority(await certificate([{ CN: ['root'] }], extensions)).maySignCrls).toBe(true);
    }
  });

  it('has issued the CRLs that are signed with its key and carry its name, and no others', async () => {
    const [first, namesake, other] = [
      await CertificateAuthority.create({ commonName: 'root' }),
      await CertificateAuthority.create({ commonName: 'root' }),
      await CertificateAuthority.create({ commonName: 'other' }),
    ];
    const [crl] = crlsIn(await first.createCrl(['0a']), 'ca.crl');
    expect([first, namesake, other].map((authority) => crl?.isOf(read(authority)))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('has not issued a CRL that carries another name, even with the same key', async () => {
    const crl = async (name: string) => {
      const { rawData } = await x509.X509CrlGenerator.create({
        issuer: `CN=${name}`,
        signingAlgorithm: ALGORITHM,
        signingKey: keys.privateKey,
      });
      return new RevocationList(Buffer.from(rawData));
    };
    const authority = readAuthority(await certificate([{ CN: ['root'] }]));
    expect((await crl('root')).isOf(authority)).toBe(true);
    expect((await crl('former root')).isOf(authority)).toBe(false);
  });
});

describe('a CRL', () => {
  it('cannot be used if one of its entries has a critical extension', async () => {
    const unusable = async (critical: boolean) => {
      const extension = new x509.Extension('1.2.3.4', critical, Buffer.from('0500', 'hex'));
      const { rawData } = await x509.X509CrlGenerator.create({
        issuer: 'CN=root',
        entries: [{ serialNumber: '0101ff' }, { serialNumber: '0a', extensions: [extension] }],
        signingAlgorithm: ALGORITHM,
        signingKey: keys.privateKey,
      });
      return new RevocationList(Buffer.from(rawData)).unusable;
    };
    expect(await unusable(false)).toBeUndefined();
    expect(await unusable(true)).toBe('one of its entries has a critical extension');
  });
});

describe('a certificate with extensions that are not DER', () => {
  const KEY_USAGE = '2.5.29.15';

  it.each([
    ['empty', ''],
    ['an octet string', '04020106'],
    ['cut off', '0302'],
  ])('is refused if its key usage is %s', async (_title, value) => {
    const extension = new x509.Extension(KEY_USAGE, true, Buffer.from(value, 'hex'));
    const broken = await certificate([{ CN: ['root'] }], [extension]);
    expect(() => readAuthority(broken)).toThrow(DerError);
  });
});
