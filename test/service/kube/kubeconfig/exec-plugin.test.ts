import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ExecPlugin } from '../../../../src/kube/kubeconfig/exec-plugin.ts';
import type { ClusterFields, ExecFields } from '../../../../src/kube/kubeconfig/kubeconfig-file.ts';
import { CertificateAuthority } from '../../../support/issue-certificate.ts';
import { ExecScript, printing } from '../../../support/kube/exec-script.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const API_VERSION = 'client.authentication.k8s.io/v1';
const CLUSTER: ClusterFields = { server: 'https://api.example.com' };
const exec = (command: string, more: ExecFields = {}) => ({ apiVersion: API_VERSION, command, ...more });
const pluginOf = (script: ExecScript, closing?: AbortSignal) =>
  new ExecPlugin(exec(script.path), CLUSTER, closing);
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();

describe('an exec plugin that succeeds', () => {
  it('provides a token', async () => {
    expect(await pluginOf(new ExecScript(printing({ token: 't' }))).get()).toMatchObject({ token: 't' });
  });

  it('provides a client certificate with its key', async () => {
    const authority = await CertificateAuthority.create({ commonName: 'CA' });
    const { cert, key } = await authority.issue({ commonName: 'scaler', usages: ['clientAuth'] });
    const script = new ExecScript(printing({ clientCertificateData: cert, clientKeyData: key }));
    const { token, client } = await pluginOf(script).get();
    expect(token).toBeUndefined();
    expect([client?.cert.trim(), client?.key.trim()]).toEqual([cert.trim(), key.trim()]);
  });

  it('gets its arguments, its environment, and the same information as from kubectl', async () => {
    const script = new ExecScript(
      `printf '{"apiVersion":"${API_VERSION}","kind":"ExecCredential","status":{"token":"%s"}}' "$1 $REGION $(echo "$KUBERNETES_EXEC_INFO" | tr -d '"')"`,
    );
    const env = [{ name: 'REGION', value: 'north' }];
    const { token } = await new ExecPlugin(exec(script.path, { args: ['login'], env }), CLUSTER).get();
    const info = '{apiVersion:client.authentication.k8s.io/v1,kind:ExecCredential,spec:{interactive:false}}';
    expect(token).toBe(`login north ${info}`);
  });

  it('runs once for all simultaneous requests, and not again if its credential does not expire', async () => {
    const script = new ExecScript(printing({ token: 't' }));
    const plugin = pluginOf(script);
    const all = await Promise.all(Array.from({ length: 100 }, () => plugin.get()));
    expect(new Set(all.map(({ token }) => token))).toEqual(new Set(['t']));
    vi.advanceTimersByTime(365 * 24 * 3_600_000);
    await plugin.get();
    expect(script.runs).toBe(1);
  });

  it('runs again 10 s before its credential expires', async () => {
    const script = new ExecScript(printing({ token: 'old', expirationTimestamp: inSeconds(60) }));
    const plugin = pluginOf(script);
    await plugin.get();
    script.becomes(printing({ token: 'new', expirationTimestamp: inSeconds(3_600) }));
    vi.advanceTimersByTime(49_000);
    expect(await plugin.get()).toMatchObject({ token: 'old' });
    vi.advanceTimersByTime(1_001);
    expect(await plugin.get()).toMatchObject({ token: 'new' });
    expect(script.runs).toBe(2);
  });

  it('runs again after its credential was refused', async () => {
    const script = new ExecScript(printing({ token: 'old' }));
    const plugin = pluginOf(script);
    await plugin.get();
    script.becomes(printing({ token: 'new' }));
    plugin.forget();
    expect(await plugin.get()).toMatchObject({ token: 'new' });
    expect(script.runs).toBe(2);
  });

  it('leaves no process running in the background', async () => {
    const script = new ExecScript(`sleep 1000 & echo $! >>"$FOLDER/pids"\n${printing({ token: 't' })}`);
    expect(await pluginOf(script).get()).toMatchObject({ token: 't' });
    await script.gone(await script.pids(1));
  });
});

describe('an exec plugin that fails', () => {
  it.each([
    ['with a status', 'echo no such profile >&2; exit 3', 'ended with status 3: no such profile'],
    ['by a signal', 'kill -9 $$', 'ended with SIGKILL'],
    ['by printing garbage', 'echo hello', 'did not print JSON'],
    ['by printing nothing', '', 'did not print JSON'],
    ['by printing something else', 'echo "{}"', 'printed no ExecCredential'],
    [
      'by printing another version',
      `echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential"}'`,
      `is not of the apiVersion ${API_VERSION}`,
    ],
    [
      'by printing no status',
      `echo '{"apiVersion":"${API_VERSION}","kind":"ExecCredential"}'`,
      'without status',
    ],
    ['with an empty credential', printing({}), 'with neither token nor certificate and key'],
    ['with no key', printing({ clientCertificateData: 'C' }), 'with only one of certificate and key'],
    ['with a strange expiry', printing({ token: 't', expirationTimestamp: 'soon' }), 'that is not a time'],
    ['by printing endlessly', 'while :; do echo yes; done', 'printed more than 1 MiB'],
  ])('%s is named in the error, with the reason', async (_, text, reason) => {
    const script = new ExecScript(text);
    const failure = expect(pluginOf(script).get()).rejects;
    await failure.toThrow(`exec plugin ${script.path}: `);
    await failure.toThrow(reason);
  });

  it.runIf(process.platform === 'linux')(
    'leaves no pipe open, even if another process holds the other end',
    async () => {
      const script = new ExecScript(
        `export FOLDER
      setsid sh -c 'echo $$ >>"$FOLDER/pids"; exec sleep 1000' &
      until [ -s "$FOLDER/pids" ]; do :; done
      head -c 2000000 /dev/zero`,
      );
      const program = `
      import { ExecPlugin } from '${new URL('../../../../src/kube/kubeconfig/exec-plugin.ts', import.meta.url)}';
      const pipes = () => process.getActiveResourcesInfo().filter((kind) => kind === 'PipeWrap').length;
      console.log('began');
      const before = pipes();
      await new ExecPlugin(${JSON.stringify(exec(script.path))}).get().catch(() => {});
      for (let looks = 0; pipes() > before && looks < 100; looks += 1)
        await new Promise((resolve) => setTimeout(resolve, 20));
      console.log(pipes() - before);
      process.exit();`;
      try {
        const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
          encoding: 'utf8',
        });
        expect(output).toBe('began\n0\n');
      } finally {
        for (const pid of await script.pids(1)) process.kill(Number(pid), 'SIGKILL');
      }
    },
  );

  it('is reported with only the start of its error output', async () => {
    const script = new ExecScript('head -c 100000 /dev/zero | tr "\\0" x >&2; exit 1');
    const error = await pluginOf(script)
      .get()
      .catch((caught: Error) => caught);
    expect(String(error).length).toBeLessThan(500);
  });

  it('because it is not installed is reported with the hint on how to install it', async () => {
    const installHint = 'get it at example.com';
    const plugin = new ExecPlugin(exec('no-such-plugin', { installHint }), CLUSTER);
    await expect(plugin.get()).rejects.toThrow(
      /^exec plugin no-such-plugin: .*ENOENT \(get it at example.com\)$/,
    );
    await expect(new ExecPlugin(exec('no-such-plugin'), CLUSTER).get()).rejects.toThrow(/ENOENT$/);
  });

  it('because file descriptors are exhausted does not end the service', () => {
    const program = `
      import { openSync } from 'node:fs';
      import { ExecPlugin } from '${new URL('../../../../src/kube/kubeconfig/exec-plugin.ts', import.meta.url)}';
      const plugin = new ExecPlugin(${JSON.stringify(exec('true'))}, {});
      try { for (;;) openSync('/dev/null'); } catch {}
      await plugin.get().catch(({ message }) => console.log(message));`;
    const limited = ['-c', 'ulimit -n 100; exec "$0" --input-type=module -e "$1"', process.execPath, program];
    expect(execFileSync('sh', limited, { encoding: 'utf8' })).toBe('exec plugin true: spawn true EMFILE\n');
  });

  it('runs again only after 2 s, however many requests need it', async () => {
    const script = new ExecScript('exit 1');
    const plugin = pluginOf(script);
    const ask = () => expect(plugin.get()).rejects.toThrow('ended with status 1');
    await Promise.all(Array.from({ length: 100 }, ask));
    vi.advanceTimersByTime(1_999);
    await ask();
    expect(script.runs).toBe(1);
    script.becomes(printing({ token: 't' }));
    vi.advanceTimersByTime(1);
    expect(await plugin.get()).toMatchObject({ token: 't' });
    expect(script.runs).toBe(2);
  });
});

describe('an exec plugin that hangs', () => {
  const HANGING = `trap '' TERM; sleep 1000 & echo $! >>"$FOLDER/pids"; echo $$ >>"$FOLDER/pids"; wait`;

  it('is killed after 15 s, with all processes that it started', async () => {
    const script = new ExecScript(HANGING);
    const plugin = pluginOf(script);
    const failed = expect(plugin.get()).rejects.toThrow(
      `exec plugin ${script.path}: did not end within 15 s`,
    );
    const pids = await script.pids(2);
    vi.advanceTimersByTime(15_000);
    await failed;
    await script.gone(pids);
    script.becomes(printing({ token: 't' }));
    vi.advanceTimersByTime(2_000);
    expect(await plugin.get()).toMatchObject({ token: 't' });
  });

  it('is killed at once when the client closes, and does not run again', async () => {
    const script = new ExecScript(HANGING);
    const closing = new AbortController();
    const plugin = pluginOf(script, closing.signal);
    const failed = expect(plugin.get()).rejects.toThrow('is no longer needed');
    const pids = await script.pids(2);
    closing.abort();
    await failed;
    await script.gone(pids);
    vi.advanceTimersByTime(60_000);
    await expect(plugin.get()).rejects.toThrow();
    expect(script.runs).toBe(1);
  });
});
