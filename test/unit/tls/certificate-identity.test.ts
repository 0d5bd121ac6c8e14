import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type IdentityPolicy, identify } from '../../../src/tls/certificate-identity.ts';
import { CertificateAuthority, type LeafOptions } from '../../support/issue-certificate.ts';

const open: IdentityPolicy = { allowedReserved: [], allowedClients: [] };
let authority: CertificateAuthority;

beforeAll(async () => {
  authority = await CertificateAuthority.create({ commonName: 'test CA' });
});

async function identified(options: Partial<LeafOptions>, policy: Partial<IdentityPolicy> = {}) {
  const { cert } = await authority.issue({ commonName: 'alice', usages: ['clientAuth'], ...options });
  return identify(new X509Certificate(cert), { ...open, ...policy });
}

describe('the identity of a certificate', () => {
  it('has the CN as user, each O as a group, and the group system:authenticated, as in Kubernetes', async () => {
    expect(await identified({ organizations: ['dev', 'on-call'] })).toEqual({
      kind: 'client',
      user: 'alice',
      groups: ['dev', 'on-call', 'system:authenticated'],
    });
    expect(await identified({ organizations: ['dev'] })).toMatchObject({
      groups: ['dev', 'system:authenticated'],
    });
    expect(await identified({})).toMatchObject({ groups: ['system:authenticated'] });
  });

  it.each(['bob@example.com', 'CN=bob', 'bob, the second', 'bob+O=system:masters', 'Zoë', '名前'])(
    'takes the CN %s literally',
    async (commonName) => {
      expect(await identified({ commonName })).toEqual({
        kind: 'client',
        user: commonName,
        groups: ['system:authenticated'],
      });
    },
  );

  it.each<[string, Partial<LeafOptions>]>([
    ['without the usage clientAuth', { usages: ['serverAuth'] }],
    ['without any extended key usage', { usages: [] }],
    ['with an empty CN', { commonName: '' }],
    ['with a line break in the CN', { commonName: 'alice\nO=system:masters' }],
    ['with a NUL in the CN', { commonName: 'alice\u0000' }],
    ['with a terminal control sequence in the CN', { commonName: 'alice\u009b2J' }],
    ['with characters in the CN that reverse its direction', { commonName: 'bob \u202eecila' }],
    ['with a line break in an O', { organizations: ['dev\nsystem:masters'] }],
    ['with a CN of 257 characters', { commonName: 'a'.repeat(257) }],
  ])('is refused as unusable %s', async (_title, options) => {
    expect(await identified(options)).toEqual({ kind: 'refused', reason: 'unusable' });
  });

  it('is refused as unusable without a certificate', () => {
    expect(identify(undefined, open)).toEqual({ kind: 'refused', reason: 'unusable' });
  });

  it.each<[string, Partial<LeafOptions>]>([
    ['the user system:admin', { commonName: 'system:admin' }],
    ['a service account', { commonName: 'system:serviceaccount:kube-system:default' }],
    ['the group system:masters', { organizations: ['system:masters'] }],
    ['the group system:masters among others', { organizations: ['dev', 'system:masters'] }],
  ])('is refused as reserved if it names %s', async (_title, options) => {
    expect(await identified(options)).toEqual({ kind: 'refused', reason: 'reserved' });
  });

  it('holds at most 8 KiB of names', async () => {
    const organizations = Array.from({ length: 40 }, (_, index) => `${index}`.padEnd(204, 'x'));
    // With the name alice they have 8,165 bytes.
    const most = [...organizations, 'y'.repeat(27)];
    expect(await identified({ organizations: most })).toMatchObject({ user: 'alice' });
    expect(await identified({ organizations: [...most, 'z'] })).toEqual({
      kind: 'refused',
      reason: 'unusable',
    });
  });

  it('may be a reserved one if the configuration allows its exact name', async () => {
    const allowedReserved = ['system:masters'];
    expect(await identified({ organizations: ['system:masters'] }, { allowedReserved })).toMatchObject({
      user: 'alice',
    });
    expect(await identified({ commonName: 'system:masters2' }, { allowedReserved })).toEqual({
      kind: 'refused',
      reason: 'reserved',
    });
    expect(
      await identified({ organizations: ['system:masters', 'system:nodes'] }, { allowedReserved }),
    ).toEqual({ kind: 'refused', reason: 'reserved' });
  });
});

describe('the list of allowed clients', () => {
  const uri = 'spiffe://prod/ns/ci/sa/deployer';
  it.each([
    [['alice'], true],
    [['bob', 'alice'], true],
    [['ali'], false],
    [['Alice'], false],
    [['a*'], true],
    [['*ice'], true],
    [['a*c*'], true],
    [['*'], true],
    [['alice*alice'], false],
    [['al*lice'], false],
    [['a.ice'], false],
  ])('%j admits alice: %s', async (allowedClients, allowed) => {
    const identity = await identified({}, { allowedClients });
    expect(identity).toEqual(
      allowed
        ? { kind: 'client', user: 'alice', groups: ['system:authenticated'] }
        : { kind: 'refused', reason: 'notAllowed' },
    );
  });

  it.each([
    [[uri], true],
    [['spiffe://prod/*'], true],
    [['spiffe://prod/*/deployer'], true],
    [['spiffe://dev/*'], false],
    [['bob'], false],
  ])('%j admits the URI spiffe://prod/ns/ci/sa/deployer: %s', (allowedClients, allowed) => {
    // A partial certificate, because test/support/issue-certificate.ts makes no URI names.
    const certificate = Object.create(X509Certificate.prototype, {
      keyUsage: { value: ['1.3.6.1.5.5.7.3.2'] },
      subjectAltName: { value: `DNS:x, URI:${uri}, URI:"urn:a\\u002c URI:spiffe://dev/evil"` },
      toLegacyObject: { value: () => ({ subject: { CN: 'alice' } }) },
    });
    const identity = identify(certificate, { ...open, allowedClients });
    expect(identity).toEqual(
      allowed
        ? { kind: 'client', user: 'alice', groups: ['system:authenticated'] }
        : { kind: 'refused', reason: 'notAllowed' },
    );
  });
});

describe('a certificate without a CN', () => {
  const uri = 'spiffe://prod/ns/ci/sa/deployer';
  const allowedClients = ['ci-*', 'spiffe://prod/*'];
  /** The identity of a certificate with an empty CN and these subjectAltNames. */
  const withUris = (sans: readonly string[], policy: Partial<IdentityPolicy> = { allowedClients }) =>
    identified({ commonName: '', organizations: ['SPIRE'], sans }, policy);

  it('has its URI as user where a pattern for URIs admits it', async () => {
    expect(await withUris([uri])).toEqual({
      kind: 'client',
      user: uri,
      groups: ['SPIRE', 'system:authenticated'],
    });
    expect(await withUris(['deployer.prod', uri, '127.0.0.1'])).toMatchObject({ user: uri });
  });

  it.each<[string, readonly string[], readonly string[], 'unusable' | 'notAllowed']>([
    ['without a list of clients', [uri], [], 'unusable'],
    ['without a pattern for URIs', [uri], ['*', 'spiffe:*', 'ci-*'], 'unusable'],
    ['without a URI', ['deployer.prod'], allowedClients, 'unusable'],
    ['with two URIs, though both match', [uri, `${uri}2`], allowedClients, 'unusable'],
    ['with a URI that no pattern admits', ['spiffe://dev/x'], allowedClients, 'notAllowed'],
    [
      'with a URI that only a pattern for names admits',
      ['spiffe://dev/x'],
      ['*', 'spiffe://prod/*'],
      'notAllowed',
    ],
    ['with a URI of 257 characters', [`spiffe://prod/${'a'.repeat(243)}`], allowedClients, 'unusable'],
  ])('is refused %s', async (_title, sans, clients, reason) => {
    expect(await withUris(sans, { allowedClients: clients })).toEqual({ kind: 'refused', reason });
  });

  it('is refused if its URI or a group is a reserved name', async () => {
    const reserved = { kind: 'refused', reason: 'reserved' };
    const policy = { allowedClients: ['system://*', 'spiffe://prod/*'] };
    expect(await withUris(['system:///masters'], { allowedClients: ['system://*'] })).toEqual(reserved);
    expect(
      await identified({ commonName: '', organizations: ['system:masters'], sans: [uri] }, policy),
    ).toEqual(reserved);
  });

  it('has no URI as user if it has a CN: the URI only admits it', async () => {
    expect(await identified({ sans: [uri] }, { allowedClients })).toMatchObject({ user: 'alice' });
    expect(
      await identified({ commonName: 'ci-1', sans: ['spiffe://dev/x'] }, { allowedClients }),
    ).toMatchObject({
      user: 'ci-1',
    });
  });
});
