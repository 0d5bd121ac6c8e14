import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../../support/clients/command.ts';
import { freePorts } from '../../support/free-ports.ts';
import { until } from '../../support/until.ts';

const repository = resolve(import.meta.dirname, '../../..');

let folder: string;
let demo: ChildProcess;
let output = '';
let port: number | undefined;
let managementPort: number | undefined;

/** The demo as `make run` starts it, in a copy of the folder with certificates of its own. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'demo-'));
  for (const name of readdirSync(repository))
    if (name !== 'certs') symlinkSync(join(repository, name), join(folder, name));
  execFileSync('hack/generate-certs.sh', ['--dir', join(folder, 'certs'), '--client', 'viewer'], {
    cwd: folder,
    stdio: 'ignore',
  });
  [port, managementPort] = await freePorts(2);
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, PORT: `${port}`, MANAGEMENT_PORT: `${managementPort}`, CLUSTERS: '2' };
  demo = spawn(process.execPath, ['hack/run.ts'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [demo.stdout, demo.stderr]) {
    stream?.on('data', (chunk) => {
      output += chunk;
    });
  }
  await until(() => /viewer-cert.*\n.*viewer-cert.*\n/.test(output) || demo.exitCode !== null);
});
afterAll(async () => {
  if (demo.exitCode === null) {
    demo.kill('SIGINT');
    await once(demo, 'exit');
  }
  rmSync(folder, { recursive: true });
});

/** Runs lines in the folder of the demo, as somebody who has not used the command line before. */
const bash = (script: string) =>
  run(['bash', '-c', `export SCALER_CONFIG="$PWD/scaler.yaml"\n${script}`], {
    cwd: folder,
    limitMs: 110_000,
  });

/** What the line under a heading prints. */
async function under(heading: string): Promise<string> {
  const [, line = ''] = new RegExp(`${heading}.*\n\n(curl .*)\n`).exec(output) ?? [];
  return (await bash(line.replace('curl', 'curl -sS'))).stdout;
}

it('make run says first where the page is, and what puts the certificate into a browser', async () => {
  const [, url, command] = /^\s*(?:Reading.*\s+)?The page: (\S+)\n.*\n\n(.+)\n/.exec(output) ?? [];
  expect({ url, command }).toEqual({
    url: `https://localhost:${port}/`,
    command: 'hack/browser-certificate.sh',
  });
  const certificate = '--cacert certs/ca-cert.pem --cert certs/client-cert.pem --key certs/client-key.pem';
  expect((await bash(`curl -sS ${certificate} ${url}`)).stdout).toMatch(/^<!doctype html>/);
  const main = await bash(`curl -sS ${certificate} ${url}docs/page/main.js`);
  expect(main.stdout).toMatch(/^import /m);
  expect(output).not.toMatch(/warning:/i);
});

it('the lines for the command line log in and list both clusters', async () => {
  const lines = output.match(/^scaler(\(\)|.* login| list).*$/gm) ?? [];
  expect(lines).toHaveLength(3);
  const { exitCode, stdout, stderr } = await bash(lines.join('\n'));
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  for (const cluster of ['demo1', 'demo2'])
    expect(stdout).toMatch(new RegExp(`^${cluster} +default +my-deployment +3 +3/3 +stable`, 'm'));
});

it('the demo lives: a rollout takes its time, one Deployment is stuck, and one namespace is protected', async () => {
  const [scaler, login] = output.match(/^scaler(\(\)| login).*$/gm) ?? [];
  const { exitCode, stdout, stderr } = await bash(`${scaler}
    ${login} >/dev/null
    scaler set demo2/payments/fraud-check --replicas 6 --wait -o json || exit 1
    scaler get demo1/search/indexer -o json || exit 1
    scaler set demo1/monitoring/grafana --replicas 2`);
  // Refused, by a rail.
  expect({ exitCode, stderr }).toEqual({ exitCode: 6, stderr: expect.stringContaining('rule monitoring') });
  expect(stdout).toMatch(/"deployment": *"indexer"[\s\S]*"ready": *0[\s\S]*"phase": *"stuck"/);
});

it('a second one says at once that there is one already', async () => {
  const second = await bash(`MANAGEMENT_PORT=${managementPort} ${process.execPath} hack/run.ts`);
  expect(second).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('Another make run serves already'),
  });
});

it('it has an owned Deployment, and prints a write that is warned and one that is refused', async () => {
  const state = async () => JSON.parse(await under('The state of a Deployment'));
  // The service does not wait for its HPAs to be read before it is ready.
  await until(async () => (await state()).unknownOwners.length === 0);
  expect(await state()).toMatchObject({
    deployment: 'cart',
    owners: [{ kind: 'HorizontalPodAutoscaler', name: 'cart' }],
  });
  const warned = await under('This write is done, and its Warning');
  expect(warned).toMatch(/^HTTP\/1\.1 200 /);
  expect(warned).toMatch(/^warning: 299 - ".*helm upgrade.*"/im);
  expect(JSON.parse(await under('This one is refused with 409'))).toMatchObject({ code: 'REPLICAS_MANAGED' });
});

it('Ctrl-C ends everything in order', async () => {
  const ended = once(demo, 'exit');
  demo.kill('SIGINT');
  expect(await ended).toEqual([0, null]);
});
