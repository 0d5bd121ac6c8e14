import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { NEVER_MS, ObservedReloader } from '../../support/tls/reloading-server.ts';
import { issueSet, newSet, TlsFolder } from '../../support/tls/tls-folder.ts';
import { until } from '../../support/until.ts';

const DAY_MS = 86_400_000;

describe('a stopped reloader', () => {
  it('reads and applies nothing more', async () => {
    const { authority, ...set } = await newSet();
    const folder = await TlsFolder.plain(set);
    const [first, second] = [1, 2].map(() => new ObservedReloader(folder.files, { pollMs: 10 }));
    first?.reloader.start();
    second?.reloader.start();
    await until(() => first !== undefined && first.readings > 0);
    await first?.reloader.stop();
    const readings = first?.readings;
    await folder.write(await issueSet(authority));
    await until(() => second?.applied.length === 1);
    expect(first?.readings).toBe(readings);
    expect(first?.applied).toEqual([]);
  });

  it('does not apply a set that it was reading', async () => {
    const { authority, ...set } = await newSet();
    const folder = await TlsFolder.plain(set);
    const observed = new ObservedReloader(folder.files, { pollMs: NEVER_MS, settleMs: NEVER_MS });
    await folder.write(await issueSet(authority));
    observed.reloader.start();
    await until(() => observed.readings > 0);
    await observed.reloader.stop();
    expect(observed.applied).toEqual([]);
    expect(observed.lines).toEqual([]);
  });

  it('does not wait for the next look', async () => {
    const { authority: _authority, ...set } = await newSet();
    const observed = new ObservedReloader((await TlsFolder.plain(set)).files, { pollMs: NEVER_MS });
    observed.reloader.start();
    await until(() => observed.readings > 0);
    await observed.reloader.stop();
  });

  it('may be stopped twice, and without having been started', async () => {
    const { authority: _authority, ...set } = await newSet();
    const observed = new ObservedReloader((await TlsFolder.plain(set)).files);
    await observed.reloader.stop();
    await observed.reloader.stop();
    expect(observed.readings).toBe(0);
  });
});

describe('a running reloader', () => {
  it('does not keep its process alive', async () => {
    const { authority: _authority, ...set } = await newSet();
    const { files } = await TlsFolder.plain(set);
    const script = `
      import { loadTlsMaterial } from './src/tls/material.ts';
      import { TlsReloader } from './src/tls/reloader.ts';
      const files = ${JSON.stringify(files)};
      const log = { debug() {}, info() {}, warn() {}, error() {} };
      const options = { files, material: loadTlsMaterial(files), log, apply() {} };
      new TlsReloader(options).start();
      console.log('started');`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', script],
      {
        timeout: 110_000,
      },
    );
    expect(stdout).toBe('started\n');
  });

  it('warns once a day of a certificate that expires soon, however often it looks', async () => {
    const { authority, ...set } = await newSet();
    const server = await authority.issue({
      commonName: 'localhost',
      usages: ['serverAuth'],
      notBefore: new Date(Date.now() - 80 * DAY_MS),
      notAfter: new Date(Date.now() + 10 * DAY_MS),
    });
    const folder = await TlsFolder.plain({ ...set, cert: server.cert, key: server.key });
    const observed = new ObservedReloader(folder.files, { pollMs: 5 });
    observed.reloader.start();
    await until(() => observed.readings > 10);
    expect(observed.lines.map(({ message }) => message)).toEqual(['the server certificate expires soon']);
  });
});
