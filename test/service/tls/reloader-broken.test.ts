import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ObservedReloader, serves, startOn } from '../../support/tls/reloading-server.ts';
import { issueSet, newSet, TlsFolder, type TlsSet } from '../../support/tls/tls-folder.ts';
import { until } from '../../support/until.ts';

describe('a broken set is refused, logged once and counted, and the old one stays', () => {
  const breaks: [string, (next: TlsSet) => Partial<TlsSet>, string][] = [
    ['a half-written certificate', ({ cert }) => ({ cert: cert.slice(0, 200) }), 'tls.crt is cut off'],
    ['a half-written key', ({ key }) => ({ key: key.slice(0, 60) }), 'tls.key is cut off'],
    ['a half-written bundle', ({ clientCa }) => ({ clientCa: clientCa.slice(0, -20) }), 'ca.crt is cut off'],
    ['the key of another certificate', ({ key }) => ({ key }), 'does not belong to the certificate'],
    ['the certificate of another key', ({ cert }) => ({ cert }), 'does not belong to the certificate'],
    ['an empty certificate', () => ({ cert: '' }), 'tls.crt holds no PEM block'],
    ['an empty key', () => ({ key: '' }), 'tls.key holds no readable private key'],
    ['an empty bundle', () => ({ clientCa: '' }), 'ca.crt holds no PEM block'],
    ['garbage', () => ({ cert: '\u0000\u0001', key: 'x', clientCa: 'y' }), 'tls.crt holds no PEM block'],
  ];

  it.each(breaks)('%s', async (_title, broken, reason) => {
    // Replaces all files at once, so that no incomplete set is loaded.
    const { folder, server, observed, client, next } = await startOn(TlsFolder.projected, 5);
    const old = await folder.read();
    await folder.swap({ ...old, ...broken(next) });
    await until(() => observed.reloader.stats.broken);
    const { readings } = observed;
    await until(() => observed.readings > readings + 10);
    expect(observed.errors).toEqual([
      {
        level: 'error',
        message: 'refused the new TLS files, the old ones stay in use',
        context: { reason: expect.stringContaining(reason) },
      },
    ]);
    expect(observed.reloader.stats).toMatchObject({ reloads: 0, failures: 1 });
    expect(await serves(server, old.cert, client)).toBe(true);

    await folder.swap(next);
    await until(() => serves(server, next.cert, client));
    expect(observed.reloader.stats).toMatchObject({ reloads: 1, failures: 1, broken: false });
  });

  it.each(['cert', 'key', 'clientCa'] as const)('a missing file: %s', async (file) => {
    const { folder, observed, next } = await startOn(TlsFolder.plain, 5);
    await rm(folder.files[file]);
    await until(() => observed.reloader.stats.broken);
    expect(observed.errors.map(({ context }) => context.reason)).toEqual([
      `${folder.files[file]} cannot be read`,
    ]);
    await folder.write(next);
    await until(() => observed.reloader.stats.reloads === 1);
  });

  it('a second broken set is counted again, and the return of the old set is not', async () => {
    const { folder, observed } = await startOn(TlsFolder.plain, 5);
    const { cert } = await folder.read();
    await folder.replace({ cert: 'one' });
    await until(() => observed.reloader.stats.failures === 1);
    await folder.replace({ cert: 'two' });
    await until(() => observed.reloader.stats.failures === 2);
    await folder.replace({ cert });
    await until(() => !observed.reloader.stats.broken);
    expect(observed.applied).toEqual([]);
    await folder.replace({ cert: 'two' });
    await until(() => observed.reloader.stats.failures === 3);
  });

  it('an expired server certificate', async () => {
    const { folder, observed, authority } = await startOn(TlsFolder.projected, 5);
    const dates = { notBefore: new Date('2020-01-01'), notAfter: new Date('2020-01-02') };
    const { cert, key } = await authority.issue({
      commonName: 'localhost',
      usages: ['serverAuth'],
      ...dates,
    });
    await folder.swap({ ...(await folder.read()), cert, key });
    await until(() => observed.reloader.stats.broken);
    expect(String(observed.errors[0]?.context.reason)).toContain('expired at 2020-01-02');
  });

  it('a set that the server rejects', async () => {
    const { authority, ...set } = await newSet();
    const folder = await TlsFolder.plain(set);
    let works = false;
    const observed = new ObservedReloader(folder.files, {
      pollMs: 5,
      apply: () => {
        if (!works) throw new Error('not this one');
      },
    });
    observed.reloader.start();
    await folder.write(await issueSet(authority));
    await until(() => observed.reloader.stats.failures > 0);
    works = true;
    await until(() => observed.reloader.stats.reloads === 1);
  });
});
