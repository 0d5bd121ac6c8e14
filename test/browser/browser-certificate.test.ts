import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, inject, it, onTestFinished } from 'vitest';
import { StubCommands } from '../support/hack/stub-commands.ts';

const run = promisify(execFile);
const SCRIPT = 'hack/browser-certificate.sh';
const CA = 'k8s-deployment-scaler development CA';
const CLIENT = 'client (k8s-deployment-scaler)';
/** Instead of the 30 s of Playwright, which a busy machine may exceed. */
const TIMEOUT_MS = 110_000;

let folder: string;
let certs: string;
/** The home of a user who has never started a browser. */
let home: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'browser certificate '));
  certs = join(folder, 'certs');
  await run('hack/generate-certs.sh', ['--dir', certs, '--client', 'viewer']);
  // Installs certutil if this machine has none.
  await run(SCRIPT, ['--dir', certs, '--yes'], { env: { ...process.env, HOME: folder } });
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  home = mkdtempSync(join(folder, 'home'));
  const { XDG_DATA_HOME: _data, XDG_CONFIG_HOME: _config, XDG_CACHE_HOME: _cache, ...others } = process.env;
  env = { ...others, HOME: home };
});

const script = (...options: string[]) => run(SCRIPT, ['--dir', certs, ...options], { env });

/** The names in the database below a folder of the home, with what they are trusted for. */
async function names(database = '.pki/nssdb'): Promise<string[]> {
  const { stdout } = await run('certutil', ['-L', '-d', `sql:${join(home, database)}`]);
  return stdout
    .split('\n')
    .filter((line) => line.includes('k8s-deployment-scaler'))
    .map((line) => line.replaceAll(/ {2,}/g, ' ').trim())
    .sort();
}

/** What Chromium, with that home, gets from a server with the development certificate: its text, or an error. */
async function visit(): Promise<string> {
  const [cert, key] = ['server-cert.pem', 'server-key.pem'].map((name) => readFileSync(join(certs, name)));
  const server = createServer({ cert, key }, (_request, response) => response.end('trusted'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const args = ['--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'];
  const browser = await chromium.launch({
    executablePath: inject('chromium'),
    env,
    args,
    timeout: TIMEOUT_MS,
  });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(TIMEOUT_MS);
    const answer = await page.goto(`https://localhost:${port}/`);
    return (await answer?.text()) ?? '';
  } catch (error) {
    return String(error);
  } finally {
    await browser.close();
  }
}

it('a Chromium that has never run trusts the service then, until the certificates are removed', async () => {
  await script();
  expect(await visit()).toBe('trusted');
  await script('--remove');
  expect(await visit()).toContain('ERR_CERT_AUTHORITY_INVALID');
});

it('the certificate is there with its key, and there is one of it however often it was put there', async () => {
  await script();
  const { stdout } = await script();
  expect(stdout).toContain('choose "client"');
  expect(await names()).toEqual([`${CLIENT} u,u,u`, `${CA} C,,`]);
  const database = ['-d', `sql:${join(home, '.pki/nssdb')}`];
  expect((await run('certutil', ['-K', ...database])).stdout.match(/client \(/g)).toHaveLength(1);
});

it('another client is put beside the first one', async () => {
  await script();
  await script('--client', 'viewer');
  expect(await names()).toEqual([`${CLIENT} u,u,u`, `${CA} C,,`, 'viewer (k8s-deployment-scaler) u,u,u']);
});

it('each browser that has a database gets it, and no new database hides that of a newer Chromium', async () => {
  const databases = ['.local/share/pki/nssdb', '.mozilla/firefox/abc.default', '.mozilla/firefox/xyz.work'];
  for (const database of databases) {
    mkdirSync(join(home, database), { recursive: true });
    await run('certutil', ['-N', '--empty-password', '-d', `sql:${join(home, database)}`]);
  }
  const { stdout } = await script();
  expect(stdout.match(/^\/.*$/gm)).toEqual(databases.map((database) => join(home, database)));
  for (const database of databases) expect(await names(database)).toHaveLength(2);
});

it('without certutil and without a terminal it says what to run, and how to do it by hand', async () => {
  const stubs = new StubCommands(home);
  stubs.link(['bash', 'dirname', 'cat', 'id', 'uname']);
  stubs.add('apt-get');
  const refused = run(SCRIPT, ['--dir', certs], { env: { HOME: home, PATH: stubs.folder } });
  await expect(refused).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /import .*client\.p12.*\(password: changeit\)[\s\S]*apt-get install .*libnss3-tools/,
    ),
  });
  expect(stubs.calls).toBe('');
});

it('without certificates it says how to make them', async () => {
  await expect(run(SCRIPT, ['--dir', home], { env })).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('hack/generate-certs.sh makes it'),
  });
});

it('on a Mac it uses the login key chain, and removes by hash what it has put there', async () => {
  const stubs = new StubCommands(home);
  stubs.add('uname', 'echo Darwin');
  stubs.add('security');
  const mac = { ...env, PATH: `${stubs.folder}:${env.PATH}` };
  await run(SCRIPT, ['--dir', certs], { env: mac });
  const keychain = join(home, 'Library/Keychains/login.keychain-db');
  expect(stubs.calls).toContain(
    `security add-trusted-cert -r trustRoot -p ssl -k ${keychain} ${certs}/ca-cert.pem\n`,
  );
  expect(stubs.calls).toContain(`security import ${certs}/client.p12 -k ${keychain} -P changeit\n`);
  const before = stubs.calls.length;
  await run(SCRIPT, ['--dir', certs, '--remove'], { env: mac });
  const removal = stubs.calls.slice(before);
  expect(removal).toMatch(/security delete-identity -Z [0-9A-F]{40} /);
  expect(removal).toMatch(/security delete-certificate -Z [0-9A-F]{40} /);
  expect(removal).not.toMatch(/import|add-trusted/);
});
