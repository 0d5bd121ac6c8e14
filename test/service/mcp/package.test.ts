import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { Agent } from '../../support/mcp/agent.ts';

const run = promisify(execFile);

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-package-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

it('the package that `npm run build` makes serves from below node_modules, where Node strips no types', async () => {
  const folder = await emptyFolder();
  const packages = join(folder, 'node_modules');
  await mkdir(packages);
  await run(process.execPath, ['hack/build-mcp.ts', join(packages, 'k8s-deployment-scaler-mcp')]);
  for (const name of ['@modelcontextprotocol', 'zod'])
    await symlink(resolve('node_modules', name), join(packages, name));
  const entry = join(folder, 'entry.mjs');
  await writeFile(
    entry,
    `import { serveMcp } from 'k8s-deployment-scaler-mcp';
const client = { clusters: async () => { throw new Error('nothing is there'); } };
await serveMcp({ client, allowWrites: false, version: '7.8.9' });
`,
  );
  const agent = await Agent.start({ args: [entry], env: {} });
  onTestFinished(() => agent.stop());
  expect(agent.client.getServerVersion()).toMatchObject({ name: 'k8s-deployment-scaler', version: '7.8.9' });
  expect(await agent.call('list', {})).toMatchObject({ isError: true, text: 'nothing is there' });
});

it('the image leaves the package and what it needs out, because its folder is not there', async () => {
  const folder = await emptyFolder();
  for (const file of ['package.json', 'package-lock.json', '.npmrc']) await cp(file, join(folder, file));
  // As the Dockerfile does, but without installing anything.
  const options = ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--dry-run', '--offline'];
  const { stdout } = await run('npm', [...options, '--cache', join(folder, 'cache')], { cwd: folder });
  const added = stdout.split('\n').filter((line) => line.startsWith('add '));
  expect(added).toContainEqual(expect.stringMatching(/^add commander /));
  expect(added.filter((line) => /mcp|modelcontextprotocol|zod/.test(line))).toEqual([]);
});
