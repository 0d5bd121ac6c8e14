import { rm } from 'node:fs/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CertificateAuthority } from '../../support/issue-certificate.ts';
import { serves, startReloadingServer } from '../../support/tls/reloading-server.ts';
import { issueSet, TlsFolder } from '../../support/tls/tls-folder.ts';
import { until } from '../../support/until.ts';

const REVOKED = { accepted: false, reason: 'CERT_REVOKED' };

afterEach(() => {
  vi.useRealTimers();
});

/** A server with an empty CRL, two clients, and their certificates. */
async function start() {
  const authority = await CertificateAuthority.create({ commonName: 'root CA' });
  const folder = await TlsFolder.plain({
    ...(await issueSet(authority)),
    crl: await authority.createCrl([]),
  });
  const [alice, bob] = await Promise.all(
    ['alice', 'bob'].map((commonName) => authority.issue({ commonName, usages: ['clientAuth'] })),
  );
  if (alice === undefined || bob === undefined) throw new Error('no clients');
  const { server, observed } = await startReloadingServer(folder.files, { pollMs: 10 });
  return { authority, folder, alice, bob, server, observed, stats: () => observed.reloader.stats };
}

describe('a CRL that is reloaded', () => {
  it('refuses a client at the handshake, and admits the client again once it no longer lists it', async () => {
    const { authority, folder, alice, bob, server, observed } = await start();
    expect((await server.request(alice)).accepted).toBe(true);
    await folder.write({ crl: await authority.createCrl([alice.serial]) });
    await until(() => observed.applied.length === 1);
    expect(await server.request(alice)).toMatchObject(REVOKED);
    expect((await server.request(bob)).accepted).toBe(true);
    await folder.write({ crl: await authority.createCrl([bob.serial]) });
    await until(() => observed.applied.length === 2);
    expect((await server.request(alice)).accepted).toBe(true);
    expect(await server.request(bob)).toMatchObject(REVOKED);
    expect(observed.applied.map(({ trustChanged }) => trustChanged)).toEqual([true, true]);
  });

  it('still applies after another file was reloaded', async () => {
    const { authority, folder, alice, bob, server, observed } = await start();
    await folder.replace({ crl: await authority.createCrl([alice.serial]) });
    await until(() => observed.applied.length === 1);
    const { cert, key } = await issueSet(authority);
    await folder.write({ cert, key });
    await until(() => serves(server, cert, bob));
    expect(await server.request(alice)).toMatchObject(REVOKED);
    expect(observed.applied.at(-1)?.trustChanged).toBe(false);
  });

  it('still applies after its file was deleted', async () => {
    const { authority, folder, alice, server, observed, stats } = await start();
    await folder.replace({ crl: await authority.createCrl([alice.serial]) });
    await until(() => observed.applied.length === 1);
    await rm(folder.files.crl ?? '');
    await until(() => stats().broken);
    expect(observed.errors.map(({ context }) => context.reason)).toEqual([
      `${folder.files.crl} cannot be read`,
    ]);
    expect(await server.request(alice)).toMatchObject(REVOKED);
  });

  it('is refused if it has expired, because it would lock out every client, and the old one stays', async () => {
    const { authority, folder, alice, server, observed, stats } = await start();
    const times = { thisUpdate: new Date('2020-01-01'), nextUpdate: new Date('2020-01-02') };
    await folder.replace({ crl: await authority.createCrl([], times) });
    await until(() => stats().broken);
    expect(observed.errors.map(({ context }) => context.reason)).toEqual([
      `the CRL of CN=root CA in ${folder.files.crl} expired at 2020-01-02T00:00:00.000Z`,
    ]);
    expect((await server.request(alice)).accepted).toBe(true);
  });

  it('and not valid yet is loaded once it is valid, without another change of the file', async () => {
    const { authority, folder, stats } = await start();
    await folder.replace({
      crl: await authority.createCrl([], { thisUpdate: new Date(Date.now() + 600_000) }),
    });
    await until(() => stats().broken);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 601_000 });
    await until(() => stats().reloads === 1);
    expect(stats().broken).toBe(false);
  });
});

describe('CRLs of a chain of CAs', () => {
  it('are required for each CA: an error names the CA without one, and the old set stays', async () => {
    const { authority, folder, alice, server, observed, stats } = await start();
    const middle = await authority.createIntermediate({ commonName: 'middle CA' });
    await folder.replace({ clientCa: `${authority.cert}\n${middle.cert}` });
    await until(() => stats().broken);
    const reason = `${folder.files.crl} holds no CRL of CN=middle CA: with one CRL every certificate in ${folder.files.clientCa} needs one`;
    expect(observed.errors.map(({ context }) => context.reason)).toEqual([reason]);
    expect((await server.request(alice)).accepted).toBe(true);

    const carol = await middle.issue({ commonName: 'carol', usages: ['clientAuth'] });
    const dave = await middle.issue({ commonName: 'dave', usages: ['clientAuth'] });
    await folder.write({ crl: `${await authority.createCrl([])}\n${await middle.createCrl([dave.serial])}` });
    await until(() => stats().reloads === 1);
    const { chain, key } = carol;
    for (const client of [alice, carol, { cert: chain, key }]) {
      expect((await server.request(client)).accepted).toBe(true);
    }
    expect(await server.request(dave)).toMatchObject(REVOKED);
  });

  it('may have any order in the file', async () => {
    const { authority, folder, alice, bob, server, stats } = await start();
    const other = await CertificateAuthority.create({ commonName: 'other CA' });
    const erin = await other.issue({ commonName: 'erin', usages: ['clientAuth'] });
    const crls = [await authority.createCrl([bob.serial]), await other.createCrl([erin.serial])];
    for (const [index, crl] of [crls, crls.toReversed()].entries()) {
      await folder.write({ clientCa: `${authority.cert}\n${other.cert}`, crl: crl.join('\n') });
      await until(() => stats().reloads > index && !stats().broken);
      expect((await server.request(alice)).accepted).toBe(true);
      expect(await server.request(bob)).toMatchObject(REVOKED);
      expect(await server.request(erin)).toMatchObject(REVOKED);
    }
  });

  it('report the earliest nextUpdate in the metrics', async () => {
    const { authority, folder, stats } = await start();
    const other = await CertificateAuthority.create({ commonName: 'other CA' });
    const soon = new Date(Math.ceil(Date.now() / 1000) * 1000 + 3_600_000);
    const crl = `${await authority.createCrl([])}\n${await other.createCrl([], { nextUpdate: soon })}`;
    await folder.write({ clientCa: `${authority.cert}\n${other.cert}`, crl });
    await until(() => stats().reloads > 0 && !stats().broken);
    expect(stats().crlNextUpdate).toEqual(soon);
  });
});
