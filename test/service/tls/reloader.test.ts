import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CertificateAuthority } from '../../support/issue-certificate.ts';
import {
  NEVER_MS,
  ObservedReloader,
  serves,
  startOn,
  startReloadingServer,
} from '../../support/tls/reloading-server.ts';
import { issueSet, newFolder, newSet, TlsFolder, type TlsSet } from '../../support/tls/tls-folder.ts';
import { until } from '../../support/until.ts';

describe('a changed server certificate is served without a restart', () => {
  const ways: [
    string,
    (set: TlsSet) => Promise<TlsFolder>,
    (folder: TlsFolder, next: TlsSet) => Promise<void>,
  ][] = [
    ['written in place', TlsFolder.plain, (folder, next) => folder.write(next)],
    ['renamed over the old one', TlsFolder.plain, (folder, next) => folder.replace(next)],
    ["swapped by the kubelet's symbolic link", TlsFolder.projected, (folder, next) => folder.swap(next)],
  ];

  it.each(ways)('%s, seen by the watcher', async (_title, make, change) => {
    const { folder, server, observed, client, next, authority } = await startOn(make, NEVER_MS);
    await change(folder, next);
    await until(() => serves(server, next.cert, client));
    // And again: what is watched is the folder, not a file that is gone.
    const third = await issueSet(authority);
    await change(folder, third);
    await until(() => serves(server, third.cert, client));
    expect(observed.reloader.stats).toMatchObject({ reloads: 2, broken: false });
  });

  it.each(ways)('%s, where the watcher says nothing, by polling', async (_title, make, change) => {
    // The watcher sees the folder of the link; the files stand in another one.
    const { authority, ...set } = await newSet();
    const folder = await make(set);
    const linked = await newFolder();
    const names = Object.entries(folder.files).map(
      ([file, path]) => [file, path, join(linked, file)] as const,
    );
    for (const [, path, link] of names) await symlink(path, link);
    const files = { ...folder.files, ...Object.fromEntries(names.map(([file, , link]) => [file, link])) };
    const client = await authority.issue({ commonName: 'client', usages: ['clientAuth'] });
    const { server } = await startReloadingServer(files, { pollMs: 10 });
    const next = await issueSet(authority);
    await change(folder, next);
    await until(() => serves(server, next.cert, client));
  });

  it('where the whole folder is replaced, and then is watched anew', async () => {
    const { folder, server, observed, client, next, authority } = await startOn(TlsFolder.plain, 10);
    await rename(folder.path, `${folder.path}.old`);
    await mkdir(folder.path);
    await folder.write(next);
    await until(() => serves(server, next.cert, client));
    const third = await issueSet(authority);
    await folder.write(third);
    await until(() => serves(server, third.cert, client));
    expect(observed.reloader.stats.broken).toBe(false);
  });

  it('where the folder was not there when it began', async () => {
    const { authority, ...set } = await newSet();
    const folder = await TlsFolder.plain(set);
    const observed = new ObservedReloader(folder.files, { pollMs: 10 });
    await rm(folder.path, { recursive: true });
    observed.reloader.start();
    await until(() => observed.reloader.stats.failures > 0);
    await mkdir(folder.path);
    await folder.write(await issueSet(authority));
    await until(() => observed.reloader.stats.reloads === 1);
  });

  it('where it changed between the start of the server and that of the reloader', async () => {
    const { authority, ...set } = await newSet();
    const folder = await TlsFolder.plain(set);
    const observed = new ObservedReloader(folder.files, { pollMs: NEVER_MS });
    await folder.write(await issueSet(authority));
    observed.reloader.start();
    await until(() => observed.applied.length === 1);
  });
});

describe('what is applied', () => {
  it('is nothing where the bytes are the same', async () => {
    const { folder, observed, next } = await startOn(TlsFolder.projected, NEVER_MS);
    const { readings } = observed;
    await folder.swap(await folder.read());
    await until(() => observed.readings > readings);
    expect(observed.applied).toEqual([]);
    await folder.swap(next);
    await until(() => observed.applied.length === 1);
    expect(observed.errors).toEqual([]);
  });

  it('says whether other clients may pass than before', async () => {
    const { folder, observed, next } = await startOn(TlsFolder.projected, NEVER_MS);
    await folder.swap(next);
    await until(() => observed.applied.length === 1);
    const { cert: second } = await CertificateAuthority.create({ commonName: 'second CA' });
    await folder.swap({ ...next, clientCa: `${next.clientCa}\n${second}` });
    await until(() => observed.applied.length === 2);
    expect(observed.applied.map(({ trustChanged }) => trustChanged)).toEqual([false, true]);
    expect(observed.lines.map(({ message, context }) => [message, context.changed])).toEqual([
      ['reloaded the TLS files', ['cert', 'key']],
      ['reloaded the TLS files', ['clientCa']],
    ]);
  });

  it('shows in the figures', async () => {
    const { folder, observed, authority } = await startOn(TlsFolder.plain, NEVER_MS);
    const notAfter = new Date('2040-05-06T07:08:09Z');
    const { cert, key } = await authority.issue({
      commonName: 'localhost',
      usages: ['serverAuth'],
      notAfter,
    });
    await folder.write({ cert, key });
    await until(() => observed.reloader.stats.reloads === 1);
    expect(observed.reloader.stats).toMatchObject({
      certificateNotAfter: notAfter,
      crlNextUpdate: undefined,
    });
  });
});
