import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { run } from '../../support/clients/command.ts';
import { freePorts } from '../../support/free-ports.ts';
import { until } from '../../support/until.ts';

const repository = resolve(import.meta.dirname, '../../..');

it('the demo of make run has an owned Deployment, and prints a write that is warned and one that is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'demo-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  // The demo takes its certificates from the current folder.
  for (const name of readdirSync(repository))
    if (name !== 'certs') symlinkSync(join(repository, name), join(folder, name));
  const dir = join(folder, 'certs');
  execFileSync('hack/generate-certs.sh', ['--dir', dir, '--client', 'viewer'], {
    cwd: folder,
    stdio: 'ignore',
  });
  const [port, managementPort] = await freePorts(2);
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, PORT: `${port}`, MANAGEMENT_PORT: `${managementPort}` };
  const demo = spawn(process.execPath, ['hack/run.ts'], { cwd: folder, env });
  onTestFinished(() => void demo.kill('SIGINT'));
  let output = '';
  for (const stream of [demo.stdout, demo.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  await until(() => /viewer-cert.*\n.*viewer-cert.*\n/.test(output) || demo.exitCode !== null);

  /** What the line under a heading prints. */
  const under = async (heading: string) => {
    const [, line = ''] = new RegExp(`${heading}.*\n\n(curl .*)\n`).exec(output) ?? [];
    const script = line.replace('curl', 'curl -sS');
    return (await run(['bash', '-c', script], { cwd: folder, limitMs: 60_000 })).stdout;
  };
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
  demo.kill('SIGINT');
  expect(await once(demo, 'exit')).toEqual([0, null]);
});
