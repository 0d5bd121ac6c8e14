import { X509Certificate } from 'node:crypto';
import { CertificateAuthority, type LeafOptions } from '../issue-certificate.ts';
import { opensslCertificate, opensslCrl, type Pair } from './openssl.ts';
import type { ClientKeys } from './tls-server.ts';

const PAST = { notBefore: new Date('2020-01-01'), notAfter: new Date('2020-01-02') };
const FUTURE = { notBefore: new Date('2040-01-01'), notAfter: new Date('2041-01-01') };
/** The extensions of a CA, for openssl. */
export const CA = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
const NO_KEY_IDENTIFIERS = ['authorityKeyIdentifier=none', 'subjectKeyIdentifier=none'];

/** `root` has issued `middle`, which has issued `low`, and `sister`; `other` is another root. */
export const root = await newRoot('root');
export const other = await newRoot('other');
export const middle = await root.createIntermediate({ commonName: 'middle' });
export const sister = await root.createIntermediate({ commonName: 'sister' });
export const low = await middle.createIntermediate({ commonName: 'low' });

function newRoot(commonName: string, validity = {}): Promise<CertificateAuthority> {
  return CertificateAuthority.create({ commonName, ...validity });
}

/** A client certificate that the authority has issued. */
export function issue(authority: CertificateAuthority, options: Partial<LeafOptions> = {}) {
  return authority.issue({ commonName: 'client', usages: ['clientAuth'], ...options });
}

/** The certificates as a client CA bundle. */
export function bundle(...certificates: { cert: string }[]): string {
  return certificates.map(({ cert }) => cert).join('\n');
}

/** A client chain and what the server trusts. */
export interface Case {
  readonly client: ClientKeys;
  readonly ca: string;
  readonly crls?: readonly string[];
  /** Whether a handshake accepts the client. */
  readonly passes: boolean;
  /** Whether a connection from before stays open. It may stay only where `passes`; that is the default. */
  readonly stays?: boolean;
}

/** Each case by its distinguishing feature. */
export const cases: Record<string, () => Promise<Case>> = {
  'a leaf of a root': async () => ({ client: await issue(root), ca: root.cert, passes: true }),
  'a leaf of the second root': async () => ({
    client: await issue(root),
    ca: bundle(other, root),
    passes: true,
  }),
  'a leaf of another root': async () => ({ client: await issue(root), ca: other.cert, passes: false }),
  'a root of the same name with another key': async () => ({
    client: await issue(await newRoot('root')),
    ca: root.cert,
    passes: false,
  }),
  'a root of the same name with another key, where no key identifier tells': async () => {
    const named = { subject: '/CN=above', extensions: [...CA, ...NO_KEY_IDENTIFIERS] };
    const [above, foreign] = [await opensslCertificate(named), await opensslCertificate(named)];
    const request = { subject: '/CN=client', extensions: NO_KEY_IDENTIFIERS, issuer: above };
    return { client: await opensslCertificate(request), ca: foreign.cert, passes: false };
  },
  'both roots of one name, as while keys are rolled over': async () => ({
    client: await issue(root),
    ca: bundle(await newRoot('root'), root),
    passes: true,
  }),
  'a self-signed leaf': async () => ({ client: await newRoot('self'), ca: root.cert, passes: false }),
  'a self-signed leaf in the bundle': async () => {
    const client = await opensslCertificate({ subject: '/CN=self', extensions: [] });
    return { client, ca: bundle(client, other), passes: true, stays: false };
  },
  'an intermediate in the bundle': async () => ({
    client: await issue(middle),
    ca: bundle(root, middle),
    passes: true,
    stays: false,
  }),
  'two intermediates in the bundle': async () => ({
    client: await issue(low),
    ca: bundle(low, middle, root),
    passes: true,
    stays: false,
  }),
  'an intermediate that the client sends': async () => {
    const { chain, key } = await issue(middle);
    return { client: { cert: chain, key }, ca: root.cert, passes: true, stays: false };
  },
  'two intermediates that the client sends': async () => {
    const { chain, key } = await issue(low);
    return { client: { cert: chain, key }, ca: root.cert, passes: true, stays: false };
  },
  'an intermediate and a foreign root that the client sends': async () => {
    const { chain, key } = await issue(middle);
    return { client: { cert: `${chain}\n${root.cert}`, key }, ca: other.cert, passes: false };
  },
  'an intermediate that the client sends, without a CRL': async () => {
    const { chain, key } = await issue(middle);
    const crls = [await root.createCrl([])];
    return { client: { cert: chain, key }, ca: root.cert, crls, passes: false };
  },
  'a leaf of a root, and an intermediate that has nothing to do with it': async () => {
    const { cert, key } = await issue(root);
    return { client: { cert: `${cert}\n${middle.cert}`, key }, ca: root.cert, passes: true };
  },
  'an intermediate nowhere': async () => ({ client: await issue(middle), ca: root.cert, passes: false }),
  'a bundle of the intermediate without its root': async () => ({
    client: await issue(middle),
    ca: bundle(middle, other),
    passes: false,
  }),
  'a bundle of the intermediate, the root sent by the client': async () => {
    const { cert, key } = await issue(middle);
    return { client: { cert: `${cert}\n${root.cert}`, key }, ca: bundle(middle, other), passes: false };
  },
  'a leaf in the bundle itself, without its root': async () => {
    const client = await issue(root);
    return { client, ca: bundle(client, other), passes: false };
  },
  'an issuing CA alone': async () => ({ client: await issue(middle), ca: middle.cert, passes: true }),
  'two issuing CAs of different roots': async () => ({
    client: await issue(middle),
    ca: bundle(await other.createIntermediate({ commonName: 'foreign' }), middle),
    passes: true,
  }),
  'an issuing CA alone, whose chain the client sends': async () => {
    const { chain, key } = await issue(middle);
    return { client: { cert: `${chain}\n${root.cert}`, key }, ca: middle.cert, passes: true };
  },
  'a sister of the issuing CA': async () => ({ client: await issue(sister), ca: middle.cert, passes: false }),
  'a sister of the issuing CA, whose chain the client sends': async () => {
    const { chain, key } = await issue(sister);
    return { client: { cert: `${chain}\n${root.cert}`, key }, ca: middle.cert, passes: false };
  },
  'a sister of the issuing CA, and everything that the client can send': async () => {
    const { chain, key } = await issue(sister);
    const cert = `${chain}\n${middle.cert}\n${root.cert}`;
    return { client: { cert, key }, ca: middle.cert, passes: false };
  },
  'a sister of the issuing CA with the same name': async () => {
    const { chain, key } = await issue(await root.createIntermediate({ commonName: 'middle' }));
    return { client: { cert: chain, key }, ca: middle.cert, passes: false };
  },
  'the root of the issuing CA': async () => {
    const { cert, key } = await issue(root);
    return { client: { cert: `${cert}\n${root.cert}`, key }, ca: middle.cert, passes: false };
  },
  'a CA below the issuing CA, that the client sends': async () => {
    const { cert, key } = await issue(low);
    return { client: { cert: `${cert}\n${low.cert}`, key }, ca: middle.cert, passes: true, stays: false };
  },
  'a CA below the issuing CA, in the bundle': async () => ({
    client: await issue(low),
    ca: bundle(low, middle),
    passes: true,
    stays: false,
  }),
  'a CA below an expired issuing CA, in the bundle': async () => {
    const old = await root.createIntermediate({ commonName: 'old', ...PAST });
    const below = await old.createIntermediate({ commonName: 'below' });
    return { client: await issue(below), ca: bundle(old, below), passes: false };
  },
  'an expired issuing CA': async () => {
    const old = await root.createIntermediate({ commonName: 'old', ...PAST });
    return { client: await issue(old), ca: bundle(old, middle), passes: false };
  },
  'an expired issuing CA, whose chain the client sends': async () => {
    const old = await root.createIntermediate({ commonName: 'old', ...PAST });
    const { chain, key } = await issue(old);
    return { client: { cert: `${chain}\n${root.cert}`, key }, ca: old.cert, passes: false };
  },
  'an issuing CA that is not valid yet': async () => {
    const early = await root.createIntermediate({ commonName: 'early', ...FUTURE });
    return { client: await issue(early), ca: early.cert, passes: false };
  },
  'an issuing CA below an expired root': async () => {
    const old = await newRoot('old', PAST);
    const below = await old.createIntermediate({ commonName: 'below' });
    return { client: await issue(below), ca: bundle(old, below), passes: false };
  },
  'an issuing CA in its expired and its renewed form': async () => {
    const request = { subject: '/CN=renewed', extensions: CA, issuer: root };
    const renewed = await opensslCertificate(request);
    const again = await opensslCertificate({ ...request, key: renewed.key });
    const client = await opensslCertificate({ subject: '/CN=client', extensions: [], issuer: again });
    return { client, ca: bundle(renewed, again), passes: true };
  },
  'an issuing CA that is for servers only': async () => ({
    ...(await issuingCaWith([...CA, 'extendedKeyUsage=serverAuth'])),
    passes: false,
  }),
  'an issuing CA for clients and servers': async () => ({
    ...(await issuingCaWith([...CA, 'extendedKeyUsage=serverAuth,clientAuth'])),
    passes: true,
  }),
  'an issuing CA that may not sign certificates': async () => ({
    ...(await issuingCaWith(['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,cRLSign'])),
    passes: false,
  }),
  'an issuing CA that is not a CA': async () => ({
    ...(await issuingCaWith(['basicConstraints=critical,CA:FALSE'])),
    passes: false,
  }),
  'an issuing CA that permits other names only': async () => ({
    ...(await issuingCaWith(
      [...CA, 'nameConstraints=permitted;DNS:example.com'],
      ['subjectAltName=DNS:elsewhere.test'],
    )),
    passes: false,
  }),
  'an issuing CA with a critical extension that OpenSSL does not know': async () => ({
    ...(await issuingCaWith([...CA, '1.2.3.4=critical,DER:0500'])),
    passes: false,
  }),
  'an issuing CA that allows no CA below it, with one': async () => {
    const above = await opensslCertificate({
      subject: '/CN=above',
      extensions: ['basicConstraints=critical,CA:TRUE,pathlen:0'],
      issuer: root,
    });
    const between = await opensslCertificate({ subject: '/CN=between', extensions: CA, issuer: above });
    const { cert, key } = await opensslCertificate({ subject: '/CN=c', extensions: [], issuer: between });
    return { client: { cert: `${cert}\n${between.cert}`, key }, ca: above.cert, passes: false };
  },
  'an issuing CA as a client itself': async () => ({ client: middle, ca: middle.cert, passes: false }),
  'a leaf in a bundle without a root': async () => {
    const client = await issue(sister);
    return { client, ca: bundle(client, middle), passes: false };
  },
  'an expired leaf of an issuing CA': async () => ({
    client: await issue(middle, PAST),
    ca: middle.cert,
    passes: false,
  }),
  'an issuing CA with its CRL': async () => ({
    client: await issue(middle),
    ca: middle.cert,
    crls: [await middle.createCrl([])],
    passes: false,
  }),
  'the lower intermediate in the bundle, the upper one sent by the client': async () => {
    const { cert, key } = await issue(low);
    return { client: { cert: `${cert}\n${middle.cert}`, key }, ca: bundle(root, low), passes: false };
  },
  'an expired leaf': async () => ({ client: await issue(root, PAST), ca: root.cert, passes: false }),
  'a leaf that is not valid yet': async () => ({
    client: await issue(root, FUTURE),
    ca: root.cert,
    passes: false,
  }),
  'an expired root': async () => {
    const old = await newRoot('old', PAST);
    return { client: await issue(old), ca: old.cert, passes: false };
  },
  'a root that is not valid yet': async () => {
    const early = await newRoot('early', FUTURE);
    return { client: await issue(early), ca: early.cert, passes: false };
  },
  'a root for servers only': async () => ({
    ...(await rootWith([...CA, 'extendedKeyUsage=serverAuth'])),
    passes: false,
  }),
  'a root for clients and servers': async () => ({
    ...(await rootWith([...CA, 'extendedKeyUsage=serverAuth,clientAuth'])),
    passes: true,
  }),
  'a root that is not a CA': async () => ({
    ...(await rootWith(['basicConstraints=critical,CA:FALSE'])),
    passes: false,
  }),
  'a root that may not sign certificates': async () => ({
    ...(await rootWith(['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,cRLSign'])),
    passes: false,
  }),
  'a root that permits other names only': async () => ({
    ...(await rootWith(
      [...CA, 'nameConstraints=permitted;DNS:example.com'],
      ['subjectAltName=DNS:elsewhere.test'],
    )),
    passes: false,
  }),
  'a root that permits the names of the leaf': async () => ({
    ...(await rootWith(
      [...CA, 'nameConstraints=permitted;DNS:example.com'],
      ['subjectAltName=DNS:example.com'],
    )),
    passes: true,
    stays: false,
  }),
  'a root with a critical extension that OpenSSL does not know': async () => ({
    ...(await rootWith([...CA, '1.2.3.4=critical,DER:0500'])),
    passes: false,
  }),
  'a root with another extension that OpenSSL does not know': async () => ({
    ...(await rootWith([...CA, '1.2.3.4=DER:0500'])),
    passes: true,
  }),
  'a root with a critical extension that OpenSSL knows': async () => ({
    ...(await rootWith([...CA, 'certificatePolicies=critical,1.2.3.4'])),
    passes: true,
    stays: false,
  }),
  'a leaf with the name of its root': async () => {
    const subject = '/CN=same';
    const above = await opensslCertificate({ subject, extensions: [...CA, ...NO_KEY_IDENTIFIERS] });
    const client = await opensslCertificate({ subject, extensions: NO_KEY_IDENTIFIERS, issuer: above });
    return { client, ca: above.cert, passes: false };
  },
  'an expired intermediate': async () => {
    const old = await root.createIntermediate({ commonName: 'old', ...PAST });
    return { client: await issue(old), ca: bundle(root, old), passes: false };
  },
  'a leaf for servers only': async () => ({
    client: await issue(root, { usages: ['serverAuth'] }),
    ca: root.cert,
    passes: false,
  }),
  'a leaf for no special use': async () => ({
    client: await issue(root, { usages: [] }),
    ca: root.cert,
    passes: true,
  }),
  'a leaf that signed another': async () => {
    const extensions = ['basicConstraints=critical,CA:FALSE'];
    const between = await opensslCertificate({ subject: '/CN=leaf', extensions, issuer: root });
    const client = await opensslCertificate({ subject: '/CN=below', extensions: [], issuer: between });
    return { client, ca: bundle(root, between), passes: false };
  },
  'a root in its expired and its renewed form': async () => {
    const expired = await newRoot('renewed', PAST);
    const renewed = await opensslCertificate({ subject: '/CN=renewed', extensions: CA, key: expired.key });
    const client = await opensslCertificate({ subject: '/CN=client', extensions: [], issuer: renewed });
    return { client, ca: bundle(expired, renewed), passes: true };
  },
  'a root that allows no intermediate, with one': async () => ({ ...(await limitedRoot(0)), passes: false }),
  'a root that allows one intermediate, with one': async () => ({
    ...(await limitedRoot(1)),
    passes: true,
    stays: false,
  }),
  'an intermediate that is for servers only': async () => {
    const above = await opensslCertificate({ subject: '/CN=above', extensions: CA });
    const between = await opensslCertificate({
      subject: '/CN=between',
      extensions: [...CA, 'extendedKeyUsage=serverAuth'],
      issuer: above,
    });
    const client = await opensslCertificate({ subject: '/CN=client', extensions: [], issuer: between });
    return { client, ca: bundle(above, between), passes: false };
  },
  'a leaf that is not revoked': async () => {
    const crls = [await root.createCrl(['0a'])];
    return { client: await issue(root), ca: root.cert, crls, passes: true };
  },
  'a revoked leaf': async () => {
    const client = await issue(root);
    return { client, ca: root.cert, crls: [await root.createCrl(['0a', client.serial])], passes: false };
  },
  'a leaf whose serial number another authority revoked': async () => {
    const client = await issue(root, { serial: '0a0b' });
    const crls = [await root.createCrl([]), await other.createCrl(['0a0b'])];
    return { client, ca: bundle(root, other), crls, passes: true };
  },
  'a revoked leaf with a negative serial number': async () => {
    const above = await opensslCertificate({ subject: '/CN=above', extensions: CA });
    const client = await opensslCertificate({
      subject: '/CN=c',
      extensions: [],
      issuer: above,
      serial: '-5',
    });
    return { client, ca: above.cert, crls: [await opensslCrl(above, ['-05'])], passes: false };
  },
  'a root without a CRL beside one with it': async () => ({
    client: await issue(root),
    ca: bundle(root, other),
    crls: [await other.createCrl([])],
    passes: false,
  }),
  'an expired CRL': async () => ({
    client: await issue(root),
    ca: root.cert,
    crls: [await root.createCrl([], { thisUpdate: PAST.notBefore, nextUpdate: PAST.notAfter })],
    passes: false,
  }),
  'two CRLs, of which the newer revokes': async () => {
    const client = await issue(root);
    const old = await root.createCrl([], { thisUpdate: new Date(Date.now() - 7_200_000) });
    return { client, ca: root.cert, crls: [old, await root.createCrl([client.serial])], passes: false };
  },
  'two CRLs, of which the newer no longer revokes': async () => {
    const client = await issue(root);
    const old = await root.createCrl([client.serial], { thisUpdate: new Date(Date.now() - 7_200_000) });
    return { client, ca: root.cert, crls: [old, await root.createCrl([])], passes: true, stays: false };
  },
  'an intermediate with CRLs of both': async () => ({
    client: await issue(middle),
    ca: bundle(root, middle),
    crls: [await root.createCrl([]), await middle.createCrl([])],
    passes: true,
    stays: false,
  }),
  'an intermediate without a CRL of its own': async () => ({
    client: await issue(middle),
    ca: bundle(root, middle),
    crls: [await root.createCrl([])],
    passes: false,
  }),
  'a revoked intermediate': async () => {
    const crls = [await root.createCrl([serialOf(middle)]), await middle.createCrl([])];
    return { client: await issue(middle), ca: bundle(root, middle), crls, passes: false };
  },
  'a leaf that its intermediate revoked': async () => {
    const client = await issue(middle);
    const crls = [await root.createCrl([]), await middle.createCrl([client.serial])];
    return { client, ca: bundle(root, middle), crls, passes: false };
  },
  'a CRL for the certificates of users, beside one for all': async () => {
    const crls = [await root.createCrl([]), await opensslCrl(root, [], USERS_ONLY)];
    return { client: await issue(root), ca: root.cert, crls, passes: true };
  },
  'a CRL for the certificates of users alone, of a root': async () => {
    const crls = [await opensslCrl(root, [], USERS_ONLY)];
    return { client: await issue(root), ca: root.cert, crls, passes: false };
  },
  'a CRL for the certificates of users, of an intermediate': async () => ({
    ...(await clientOfStepCa([URL_OF_CRL])),
    crls: await crlsOfStepCa([]),
    passes: true,
    stays: false,
  }),
  'a CRL for the certificates of users, of an intermediate, that revokes': async () => {
    const { client, ca } = await clientOfStepCa([URL_OF_CRL]);
    return { client, ca, crls: await crlsOfStepCa([serialOf(client)]), passes: false };
  },
  'a CRL with a distribution point that the leaf does not name': async () => ({
    ...(await clientOfStepCa([])),
    crls: await crlsOfStepCa([]),
    passes: false,
  }),
  'a CRL with a distribution point, and a leaf with another': async () => ({
    ...(await clientOfStepCa(['crlDistributionPoints=URI:http://ca.test/other'])),
    crls: await crlsOfStepCa([]),
    passes: false,
  }),
  'a CRL with a distribution point beside one for all, of a root': async () => {
    const crls = [await root.createCrl([]), await opensslCrl(root, [], STEP_CA)];
    return { ...(await leafOfRoot([URL_OF_CRL])), crls, passes: true };
  },
  'a CRL with a distribution point beside one for all, of a root, whose leaf names none': async () => {
    const crls = [await root.createCrl([]), await opensslCrl(root, [], STEP_CA)];
    return { ...(await leafOfRoot([])), crls, passes: true };
  },
  'a CRL with a distribution point alone, of a root': async () => {
    const crls = [await opensslCrl(root, [], STEP_CA)];
    return { ...(await leafOfRoot([URL_OF_CRL])), crls, passes: false };
  },
  'a CRL with the distribution point of the root, and a leaf with none': async () => ({
    ...(await leafOfStepCaRoot([])),
    passes: false,
  }),
  'a CRL with the distribution point of the root, and of the leaf': async () => ({
    ...(await leafOfStepCaRoot([URL_OF_CRL])),
    passes: true,
  }),
  'a CRL for the certificates of users, which does not cover an intermediate': async () => ({
    client: await issue(middle),
    ca: bundle(root, middle),
    crls: [await opensslCrl(root, [], USERS_ONLY), await middle.createCrl([])],
    passes: false,
  }),
  'a CRL for the certificates of users, and a leaf that says that it is a CA': async () => {
    const above = await opensslCertificate({ subject: '/CN=above', extensions: CA });
    const extensions = ['basicConstraints=CA:TRUE', 'keyUsage=digitalSignature'];
    const client = await opensslCertificate({ subject: '/CN=client', extensions, issuer: above });
    const crls = [await opensslCrl(above, [], USERS_ONLY)];
    return { client, ca: above.cert, crls, passes: false };
  },
  'a leaf whose distribution point has some reasons only': async () => {
    const extensions = ['crlDistributionPoints=crldp', 'subjectKeyIdentifier=hash'];
    const sections = '[crldp]\nfullname=URI:http://ca.test/crl\nreasons=keyCompromise\n';
    const request = { subject: '/CN=client', extensions, issuer: root, sections };
    return {
      client: await opensslCertificate(request),
      ca: root.cert,
      crls: [await root.createCrl([])],
      passes: false,
    };
  },
  'a leaf whose distribution point is the CRL of another issuer': async () => {
    const extensions = ['crlDistributionPoints=crldp'];
    const sections =
      '[crldp]\nfullname=URI:http://ca.test/crl\nCRLissuer=dirName:issuer\n[issuer]\nCN=other\n';
    const request = { subject: '/CN=client', extensions, issuer: root, sections };
    return {
      client: await opensslCertificate(request),
      ca: root.cert,
      crls: [await root.createCrl([])],
      passes: true,
    };
  },
  'a CRL with an RSA-PSS signature': async () => ({ ...(await rsaPss(false)), passes: true }),
  'a CRL with an RSA-PSS signature that revokes': async () => ({ ...(await rsaPss(true)), passes: false }),
  'a CRL that means another certificate of its root, with the same key': async () => {
    const { first, second, client } = await renewedRoot();
    return { client, ca: second.cert, crls: [await opensslCrl(first, [], ISSUER_ALWAYS)], passes: false };
  },
  'a CRL that means the certificate of its root': async () => {
    const { second, client } = await renewedRoot();
    return { client, ca: second.cert, crls: [await opensslCrl(second, [], ISSUER_ALWAYS)], passes: true };
  },
  'a CRL that means the certificate of its root, which revokes': async () => {
    const { second, client } = await renewedRoot();
    const crls = [await opensslCrl(second, [serialOf(client)], ISSUER_ALWAYS)];
    return { client, ca: second.cert, crls, passes: false };
  },
  'a CRL with another key identifier': async () => {
    const { first, second, client } = await renewedRoot('subjectKeyIdentifier=aabb');
    return { client, ca: second.cert, crls: [await opensslCrl(first, [])], passes: false };
  },
  'a CRL without a key identifier': async () => {
    const client = await issue(root);
    return {
      client,
      ca: root.cert,
      crls: [await opensslCrl(root, [], ['issuerAltName=DNS:x'])],
      passes: true,
    };
  },
  'a root that revoked itself': async () => ({
    client: await issue(root),
    ca: root.cert,
    crls: [await root.createCrl([serialOf(root)])],
    passes: false,
  }),
};

function serialOf({ cert }: { cert: string }): string {
  return new X509Certificate(cert).serialNumber;
}

/** The certificates that the CRL of a step-ca covers, with `crl.idpURL` in its configuration. */
const STEP_CA = [
  'authorityKeyIdentifier=keyid',
  'issuingDistributionPoint=critical,@idp',
  '[idp]',
  'fullname=URI:http://ca.test/crl',
  'onlyuser=TRUE',
];
const USERS_ONLY = [...STEP_CA.slice(0, 3), 'onlyuser=TRUE'];
/** The extension of a certificate that names it. */
const URL_OF_CRL = 'crlDistributionPoints=URI:http://ca.test/crl';

/** A leaf with these extensions of an intermediate, and a bundle with its root. */
async function clientOfStepCa(extensions: readonly string[]): Promise<{ client: Pair; ca: string }> {
  const client = await opensslCertificate({ subject: '/CN=client', extensions, issuer: middle });
  return { client, ca: bundle(root, middle) };
}

/** The CRL of the intermediate, which revokes these serial numbers, and an empty one of its root. */
async function crlsOfStepCa(serials: readonly string[]): Promise<readonly string[]> {
  return [await root.createCrl([]), await opensslCrl(middle, serials, STEP_CA)];
}

/** A leaf with these extensions of a root that names the distribution point of its CRL. */
async function leafOfStepCaRoot(extensions: readonly string[]): Promise<Omit<Case, 'passes'>> {
  const above = await opensslCertificate({ subject: '/CN=above', extensions: [...CA, URL_OF_CRL] });
  const client = await opensslCertificate({ subject: '/CN=client', extensions, issuer: above });
  const crls = [await opensslCrl(above, [], STEP_CA.slice(0, 4))];
  return { client, ca: above.cert, crls };
}

const ISSUER_ALWAYS = ['authorityKeyIdentifier=keyid:always,issuer:always'];

/** A root and its renewed form with the same key, and a leaf without a key identifier. */
async function renewedRoot(identifier = 'subjectKeyIdentifier=hash') {
  const first = await opensslCertificate({ subject: '/CN=renewed', extensions: CA });
  const extensions = [...CA, identifier, 'authorityKeyIdentifier=none'];
  const second = await opensslCertificate({ subject: '/CN=renewed', extensions, key: first.key });
  const request = { subject: '/CN=client', extensions: ['authorityKeyIdentifier=none'], issuer: second };
  return { first, second, client: await opensslCertificate(request) };
}

/** A leaf with these extensions of the root. */
async function leafOfRoot(extensions: readonly string[]): Promise<{ client: Pair; ca: string }> {
  const client = await opensslCertificate({ subject: '/CN=client', extensions, issuer: root });
  return { client, ca: root.cert };
}

/** A leaf of a root with an RSA key, whose CRL has an RSA-PSS signature. */
async function rsaPss(revoked: boolean): Promise<Omit<Case, 'passes'>> {
  const above = await opensslCertificate({ subject: '/CN=above', extensions: CA, newKey: ['rsa:2048'] });
  const client = await opensslCertificate({ subject: '/CN=client', extensions: [], issuer: above });
  const signature = ['rsa_padding_mode:pss', 'rsa_pss_saltlen:32'];
  const crl = await opensslCrl(above, revoked ? [serialOf(client)] : [], undefined, 'sha256', signature);
  return { client, ca: above.cert, crls: [crl] };
}

/** An issuing CA with these extensions, without its root, and a leaf that it has issued. */
async function issuingCaWith(
  extensions: readonly string[],
  ofLeaf: readonly string[] = [],
): Promise<{ client: Pair; ca: string }> {
  const issuing = await opensslCertificate({ subject: '/CN=issuing', extensions, issuer: root });
  const client = await opensslCertificate({ subject: '/CN=client', extensions: ofLeaf, issuer: issuing });
  return { client, ca: bundle(issuing, middle) };
}

/** A root with these extensions and a leaf that it has issued. */
async function rootWith(
  extensions: readonly string[],
  ofLeaf: readonly string[] = [],
): Promise<{ client: Pair; ca: string }> {
  const above = await opensslCertificate({ subject: '/CN=above', extensions });
  const client = await opensslCertificate({ subject: '/CN=client', extensions: ofLeaf, issuer: above });
  return { client, ca: above.cert };
}

/** A leaf that an intermediate has issued, below a root with this pathLenConstraint. */
async function limitedRoot(pathLength: number): Promise<{ client: Pair; ca: string }> {
  const constraint = `basicConstraints=critical,CA:TRUE,pathlen:${pathLength}`;
  const above = await opensslCertificate({ subject: '/CN=above', extensions: [constraint] });
  const between = await opensslCertificate({ subject: '/CN=between', extensions: CA, issuer: above });
  const client = await opensslCertificate({ subject: '/CN=client', extensions: [], issuer: between });
  return { client, ca: bundle(above, between) };
}
