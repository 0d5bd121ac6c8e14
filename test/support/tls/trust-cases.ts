import { X509Certificate } from 'node:crypto';
import { CertificateAuthority, type LeafOptions } from '../issue-certificate.ts';
import { opensslCertificate, opensslCrl, type Pair } from './openssl.ts';
import type { ClientKeys } from './tls-server.ts';

const PAST = { notBefore: new Date('2020-01-01'), notAfter: new Date('2020-01-02') };
const FUTURE = { notBefore: new Date('2040-01-01'), notAfter: new Date('2041-01-01') };
/** The extensions of a CA, for openssl. */
export const CA = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
const NO_KEY_IDENTIFIERS = ['authorityKeyIdentifier=none', 'subjectKeyIdentifier=none'];

/** `root` has issued `middle`, which has issued `low`; `other` is another root. */
export const root = await newRoot('root');
export const other = await newRoot('other');
export const middle = await root.createIntermediate({ commonName: 'middle' });
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
