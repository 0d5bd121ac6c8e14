import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { onTerminal, RunningCommand } from '../support/cli/command-line.ts';
import { run } from '../support/clients/command.ts';
import { shown, steady, tutorialSections } from '../support/docs/tutorial.ts';
import { freePorts } from '../support/free-ports.ts';
import { dialogGone } from '../support/page-scene.ts';

/** Instead of the 30 s of Playwright, which a busy machine may exceed. */
const TIMEOUT_MS = 110_000;
const COLUMNS = 100;

const sections = await tutorialSections();

/** A copy of the folder, and the home of somebody who has never used any of this. */
let folder: string;
let home: string;
let port: number;
let demo: ChildProcess;
let running: RunningCommand;
let browser: Browser;
let page: Page;
/** What the shell of the reader knows from lines before. */
let functions = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutorial-'));
  home = join(folder, 'home');
  await mkdir(home);
  for (const name of await readdir('.'))
    if (name !== 'certs') await symlink(resolve(name), join(folder, name));
  const [free = 0, managementPort] = await freePorts(2);
  port = free;
  // As `make run`, but it never installs packages here.
  demo = spawn('make', ['-o', 'node_modules/.package-lock.json', 'run'], {
    cwd: folder,
    env: { ...environment(), PORT: `${port}`, MANAGEMENT_PORT: `${managementPort}` },
    // A group of its own, which Ctrl-C reaches.
    detached: true,
  });
  running = new RunningCommand(demo);
  await running.prints('The page: ');
  await running.prints('The API:');
  // Installs certutil if this machine has none; the reader is asked.
  await run(['hack/browser-certificate.sh', '--yes'], {
    cwd: folder,
    env: { HOME: folder },
    limitMs: TIMEOUT_MS,
  });
  browser = await chromium.launch({
    executablePath: inject('chromium'),
    timeout: TIMEOUT_MS,
    args: ['--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'],
  });
  page = await pageOf('client');
});
afterAll(async () => {
  await browser?.close();
  if (demo?.exitCode === null && demo.signalCode === null) await stopDemo();
  await rm(folder, { recursive: true });
});

function environment(): Record<string, string> {
  return {
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    HOME: home,
    SHELL: '/bin/bash',
    TERM: 'xterm',
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
  };
}

/** As Ctrl-C in its terminal. */
async function stopDemo(): Promise<void> {
  if (demo.pid !== undefined) process.kill(-demo.pid, 'SIGINT');
  await once(demo, 'exit');
}

/** The page in a browser that has chosen the certificate of this client. */
async function pageOf(client: string): Promise<Page> {
  const origin = `https://localhost:${port}`;
  const [cert, key] = await Promise.all(
    ['cert', 'key'].map((part) => readFile(join(folder, 'certs', `${client}-${part}.pem`))),
  );
  if (cert === undefined || key === undefined) throw new Error(`no certificate of ${client}`);
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    clientCertificates: [{ origin, cert, key }],
  });
  context.setDefaultTimeout(TIMEOUT_MS);
  const opened = await context.newPage();
  await opened.goto(`${origin}/`);
  return opened;
}

/** Runs a line in the terminal of the reader, who answers yes. */
async function terminal(line: string): Promise<{ code: number | null; output: string }> {
  const script = `${functions}\n${line.replaceAll('localhost:8443', `localhost:${port}`)}`;
  const [file = '', ...args] = onTerminal(['bash', '-c', script], COLUMNS);
  const command = new RunningCommand(spawn(file, args, { cwd: folder, env: environment() }));
  const asked = command.prints('[y/N] ').then(
    () => command.types('y\n'),
    () => undefined,
  );
  const { code, stdout } = await command.ended;
  await asked;
  const output = shown(stdout)
    .replaceAll(`localhost:${port}`, 'localhost:8443')
    .replaceAll(home, '/home/you');
  return { code, output };
}

/** The row of a Deployment, without what is below it. */
const row = (name: string) => page.locator('tr.row', { hasText: name });
/** What is below rows: drafts, writes and details. */
const below = (text: string) => page.locator('tr.detail', { hasText: text });

async function press(...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

/** Filters by a word, so that this many rows are left, and goes to the first one. */
async function find(word: string, rows = 1): Promise<void> {
  await press('/');
  await page.keyboard.type(word);
  await expect.poll(() => page.locator('tr.row').count()).toBe(rows);
  await press('Enter');
  await page.locator('tr.row:focus').waitFor();
  // Keys change counts once it is known what the caller may do; the box shows it.
  await expect.poll(() => page.locator('tr.row input[type=checkbox]').count()).toBe(rows);
}

/** What the reader does and sees on the page, after the commands of a section. */
const ON_THE_PAGE: Readonly<Record<string, () => Promise<void>>> = {
  'Put the certificate into your browser': () => row('default/my-deployment').waitFor(),

  async 'Look around'() {
    await row('shop/cart').getByText('HPA cart').waitFor();
    await row('shop/catalog').getByText('Helm catalog').waitFor();
    await find('stuck');
    await row('search/indexer').getByText('0/3').waitFor();
    await press('Enter');
    await below('has timed out progressing').waitFor();
    await press('/', 'Escape');
    await row('shop/cart').waitFor();
  },

  async 'Set a count'() {
    await find('my-deployment');
    await press('+', '+');
    await below('will stay').getByText('3 → 5').waitFor();
    await press('Enter');
    await row('my-deployment').getByText('5/5').waitFor();
    await below('ready').locator('.reached', { hasText: 'ready' }).waitFor();
    await press('u');
    await below('will stay').getByText('5 → 3').waitFor();
    await press('Enter');
    await row('my-deployment').getByText('3/3').waitFor();
  },

  async 'Try what would not last'() {
    await find('cart');
    await press('8');
    await below('keeps 2 to 4').getByRole('button', { name: 'in spite of that' }).waitFor();
    await press('Escape');
    await below('keeps 2 to 4').waitFor({ state: 'detached' });
    await find('monitoring', 3);
    await page.getByRole('button', { name: 'One more of monitoring/grafana', disabled: true }).waitFor();
  },

  async 'Use the command line'() {
    await find('my-deployment');
    await row('my-deployment').getByText('5/5').waitFor();
    await row('my-deployment').getByText('by client').waitFor();
  },

  async 'The same on the page'() {
    await find('payments', 3);
    await press('x', 'j', 'x', 'j', 'x', 'p');
    const plan = page.getByRole('dialog');
    await plan.getByText('annotation k8s-deployment-scaler/min').waitFor();
    await plan.getByRole('button', { name: 'Set 2, leave out 1' }).click();
    await plan.getByText('Done: 2 set').waitFor();
    await row('payment-api').getByText('0/0').waitFor();
    await plan.getByRole('button', { name: 'Restore' }).click();
    await plan.getByRole('button', { name: 'Restore 2' }).click();
    await row('payment-api').getByText('6/6').waitFor();
    await plan.getByRole('button', { name: 'Close' }).click();
    await dialogGone(page);
    await press('r');
    await page.getByRole('dialog').getByText('restored').waitFor();
  },

  async 'Be somebody else'() {
    page = await pageOf('viewer');
    await row('shop/cart').waitFor();
    await expect.poll(() => page.locator('tr.row').count()).toBe(4);
    expect(await page.getByRole('button', { name: 'One more' }).count()).toBe(0);
    expect(await page.locator('tr.row input').count()).toBe(0);
  },

  async 'Clean up'() {
    await stopDemo();
    expect(running.stderr).not.toContain('Error');
  },
};

/** The exit code that belongs to an output of the tutorial. */
function exitCodeOf(output: string): number {
  if (output.includes('(ROLLOUT_STUCK')) return 4;
  return /^error:|\brefused\b/m.test(output) ? 6 : 0;
}

it('its first command has started the service', () => {
  expect(sections.get('Start it')).toMatchObject([{ command: 'make run' }]);
});

it.each([...sections].slice(1))('%s', async (heading, commands) => {
  for (const { command, output } of commands) {
    // What the reader defines holds for the lines that follow.
    if (/^\w+\(\) /.test(command)) functions += `${command}\n`;
    const { code, output: printed } = await terminal(command);
    expect({ command, code, output: output && steady(printed) }).toEqual({
      command,
      code: exitCodeOf(output),
      output: steady(output),
    });
  }
  await ON_THE_PAGE[heading]?.();
});

it('nothing is done on the page that the tutorial does not have', () => {
  expect([...sections.keys()]).toEqual(expect.arrayContaining(Object.keys(ON_THE_PAGE)));
});
