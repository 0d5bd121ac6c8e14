import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClientFolder } from '../../../support/cli/client-folder.ts';
import { CommandLine } from '../../../support/cli/command-line.ts';
import { runScaler } from '../../../support/cli/run-scaler.ts';
import { FakeApiServer } from '../../../support/fake-apiserver/fake-apiserver.ts';
import { freePorts } from '../../../support/free-ports.ts';
import { TestService } from '../../../support/service.ts';
import { opensslP12 } from '../../../support/tls/openssl.ts';

let demo: FakeApiServer;
let service: TestService;
let scaler: CommandLine;

beforeAll(async () => {
  demo = await FakeApiServer.start({ rolloutDelayMs: Number.POSITIVE_INFINITY });
  service = await (
    await TestService.start({ kubeconfig: { east: demo.kubeconfig, west: demo.kubeconfig } })
  ).synced();
  scaler = await CommandLine.of(service);
});
afterAll(async () => {
  await scaler.stop();
  await service.stop();
  await demo.stop();
});

const runWith = (env: Readonly<Record<string, string>>, ...args: readonly string[]) =>
  runScaler([process.execPath, scaler.program, ...args], env);

/** A person with certificates in a home of their own. */
async function person() {
  const folder = await ClientFolder.make();
  const { cert, key, ca } = await folder.credentials(service.client, service.authority.cert);
  const env = { HOME: folder.path };
  const server = `https://localhost:${service.port}`;
  return {
    folder,
    env,
    file: join(folder.path, '.config/k8s-deployment-scaler/config.yaml'),
    pem: ['--server', server, '--cert', cert, '--key', key, '--ca', ca],
    p12: async (password: string) => {
      const file = await folder.write('client.p12', await opensslP12(service.client, password));
      return ['--server', server, '--p12', file, '--ca', ca];
    },
    kubeconfig: async () => {
      const file = await folder.write(
        'kubeconfig',
        `current-context: main
contexts: [{name: main, context: {cluster: c, user: u}}]
users: [{name: u, user: {client-certificate: ${cert}, client-key: ${key}}}]
`,
      );
      return ['--server', server, '--kubeconfig', file, '--ca', ca];
    },
    run: (...args: readonly string[]) => runWith(env, ...args),
  };
}

describe('scaler login', () => {
  it('checks the certificate, keeps it as the current profile, and says what it may see', async () => {
    const { pem, run, file } = await person();
    const { code, stdout, stderr } = await run('login', ...pem);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Logged in to https://localhost:${service.port}.`);
    expect(stdout).toMatch(/east: \d+ Deployments in \d+ namespaces\n {2}west: \d+ Deployments/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await run('clusters', '-o', 'name')).stdout).toBe('east\nwest\n');
  });

  it('keeps a .p12 file and the cluster, but not the password', async () => {
    const { p12, folder, file } = await person();
    const env = { HOME: folder.path, SCALER_P12_PASSWORD: 'geheim' };
    const run = (...args: readonly string[]) => runWith(env, ...args);
    expect((await run('login', '--name', 'mine', '--cluster', 'west', ...(await p12('geheim')))).code).toBe(
      0,
    );
    const { stdout } = await run('config', 'show');
    expect(stdout).toContain('p12: ');
    expect(stdout).toContain('cluster: west');
    expect(`${stdout}${await readFile(file)}`).not.toContain('geheim');
    expect((await run('clusters')).code).toBe(0);
    const { code, stderr } = await runWith({ HOME: folder.path }, 'clusters');
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('Set SCALER_P12_PASSWORD') });
  });

  it('keeps the context of a kubeconfig', async () => {
    const { kubeconfig, run } = await person();
    expect((await run('login', ...(await kubeconfig()))).code).toBe(0);
    expect((await run('config', 'show')).stdout).toContain('context: main');
    expect((await run('clusters')).code).toBe(0);
  });

  it('keeps no cluster that the service does not have', async () => {
    const { pem, run } = await person();
    const { code, stderr } = await run('login', '--cluster', 'moon', ...pem);
    expect(stderr).toContain('there is no cluster moon: the service has east, west');
    expect(code).toBe(2);
    expect((await run('config')).stdout).toContain('has no profile');
  });

  it('keeps nothing if the service cannot be reached, or the file has a mistake', async () => {
    const { pem, run, env, file } = await person();
    const [port] = await freePorts(1);
    const unreachable = await run('login', ...pem, '--server', `https://localhost:${port}`);
    expect(unreachable).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: Nothing listens at/),
    });
    expect((await run('config')).stdout).toContain('has no profile. `scaler login` adds one');
    expect((await run('login', ...pem)).code).toBe(0);
    await writeFile(file, 'profiles: {broken: 5}\n');
    const broken = await runWith(env, 'login', ...pem);
    expect(broken).toMatchObject({ code: 2, stderr: expect.stringContaining(`${file}:1: profiles.broken`) });
    const listing = await run('list');
    expect(listing).toMatchObject({ code: 2, stderr: expect.stringContaining('Correct that line') });
  });

  it('again under the same name needs only what is new', async () => {
    const { pem, p12, run } = await person();
    expect((await run('login', '--name', 'mine', ...pem)).code).toBe(0);
    const [, , ...p12Only] = (await p12('')).slice(0, 4);
    expect((await run('login', '--name', 'mine', ...p12Only)).code).toBe(0);
    const { stdout } = await run('config', 'show');
    expect(stdout).toContain('p12: ');
    expect(stdout).not.toContain('cert: ');
  });
});

describe('the password of a .p12 file', () => {
  const asked = async (typed: string) => {
    const folder = await ClientFolder.make();
    const SCALER_P12 = await folder.write('client.p12', await opensslP12(service.client, 'geheim'));
    const env = { SCALER_CERT: '', SCALER_KEY: '', SCALER_P12 };
    const running = await scaler.start(['clusters', '-o', 'name'], { terminal: 100, env });
    await running.prints(`Password of ${SCALER_P12}: `);
    running.types(typed);
    return running.ended;
  };

  it('is asked for on a terminal, and not shown', async () => {
    const { code, stdout } = await asked('geheimx\x7f\r');
    expect(stdout).toMatch(/client\.p12: \neast\nwest\n$/);
    expect(stdout).not.toContain('geheim');
    expect(code).toBe(0);
  });

  it('that is wrong is an error, and Ctrl-C ends the command', async () => {
    const [wrong, interrupted] = await Promise.all([asked('falsch\r'), asked('geh\x03')]);
    expect(wrong).toMatchObject({ code: 2, stdout: expect.stringContaining('That password does not open') });
    expect(interrupted.code).toBe(130);
  });
});

describe('scaler config', () => {
  it('lists, chooses, shows and removes profiles', async () => {
    const { pem, run, env } = await person();
    await run('login', '--name', 'one', ...pem);
    await run('login', '--name', 'second', ...pem);
    const server = `https://localhost:${service.port}`;
    expect((await run('config')).stdout).toBe(`  one     ${server}\n* second  ${server}\n`);
    expect((await run('config', 'use', 'one')).stdout).toBe('The current profile is one.\n');
    expect((await run('config', 'list', '-o', 'name')).stdout).toBe('one\nsecond\n');
    expect(JSON.parse((await run('config', 'list', '-o', 'json')).stdout)).toMatchObject({ current: 'one' });
    expect(await run('config', 'use', 'three')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: There is no profile three in .*It has one, second/),
    });
    const shown = await runWith({ ...env, SCALER_SERVER: 'https://other' }, 'config', 'show');
    expect(shown.stdout).toMatch(
      /^one in .*\n {2}server: [\s\S]*The environment comes first:\n {2}SCALER_SERVER=https:\/\/other\n$/,
    );
    expect((await run('config', 'remove', 'one')).stdout).toContain('There is no current one now');
    expect(await run('clusters')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('`scaler login`'),
    });
    expect((await run('clusters', '--profile', 'second')).code).toBe(0);
  });
});

describe('scaler completion', () => {
  it('works in bash', async () => {
    const { pem, run, env } = await person();
    await run('login', '--name', 'mine', ...pem);
    const bash = (line: string) => {
      const script = `scaler() { "${process.execPath}" "${scaler.program}" "$@"; }
        compopt() { :; }
        source <(scaler completion bash)
        COMP_WORDS=(${line}) COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
        _scaler
        printf '%s\\n' "\${COMPREPLY[@]}"`;
      return runScaler(['bash', '-c', script], env);
    };
    expect((await bash('scaler li')).stdout).toBe('list\nlimits\n');
    expect((await bash('scaler get shop/ca')).stdout).toBe('shop/cart\nshop/catalog\n');
    expect((await bash("scaler get ''")).stdout).toContain('shop/\n');
  });

  it('has a script for each shell and names them if there is none', async () => {
    const { run } = await person();
    expect((await run('completion', 'zsh')).stdout).toMatch(/^#compdef scaler/);
    expect((await run('completion', 'fish')).stdout).toContain('complete -c scaler');
    expect(await run('__complete', '--', 'list', '-o', 'n')).toEqual({
      code: 0,
      stdout: 'name\t\n',
      stderr: '',
    });
    expect(await run('completion', 'tcsh')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('bash, zsh, fish'),
    });
  });
});
