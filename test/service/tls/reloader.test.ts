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

  it.each(ways)('%s', async (_title, make, change) => {
    const { folder, server, observed, client, next, authority } = await startOn(make, 10);
    await change(folder, next);
    await until(() => serves(server, next.cert, client));
    // And a second time: the files are found by their paths, not by what the paths led to at first.
    const third = await issueSet(authority);
    await change(folder, third);
    await until(() => serves(server, third.cert, client));
    expect(observed.reloader.stats).toMatchObject({ reloads: 2, broken: false });
  });

  it.each(ways)('%s in another folder, to which symbolic links lead', async (_title, make, change) => {
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

  it('where the whole folder is replaced', async () => {
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

  it('where the folder did not exist when the reloader started', async () => {
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

  it('where it changed between the start of the server and the start of the reloader', async () => {
    const { authority, ...set } = await newSet();
    const folder = await TlsFolder.plain(set);
    const observed = new ObservedReloader(folder.files, { pollMs: NEVER_MS });
    await folder.write(await issueSet(authority));
    observed.reloader.start();
    await until(() => observed.applied.length === 1);
  });
});

describe('the TLS files that the reloader applies', () => {
  it('exclude a set whose bytes are the same', async () => {
    const { folder, observed, next } = await startOn(TlsFolder.projected, 10);
    const { readings } = observed;
    await folder.swap(await folder.read());
    await until(() => observed.readings > readings);
    expect(observed.applied).toEqual([]);
    await folder.swap(next);
    await until(() => observed.applied.length === 1);
    expect(observed.errors).toEqual([]);
  });

  it('come with the information whether the trust in clients changed', async () => {
    const { folder, observed, next } = await startOn(TlsFolder.projected, 10);
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

  it('change the figures for metrics', async () => {
    const { folder, observed, authority } = await startOn(TlsFolder.plain, 10);
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
