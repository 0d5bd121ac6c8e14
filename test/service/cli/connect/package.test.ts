import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { ClientFolder } from '../../../support/cli/client-folder.ts';
import { runScaler } from '../../../support/cli/run-scaler.ts';

const execute = promisify(execFile);

/** What `npm pack` needs of the repository. */
const TREE = [
  'package.json',
  'package-lock.json',
  '.npmrc',
  'LICENSE',
  'README.md',
  'src',
  'plugins',
  'routes',
];

it('a packed package has the compiled commands, and they work without other packages', async () => {
  const { path } = await ClientFolder.make();
  const tree = join(path, 'tree');
  await mkdir(join(tree, 'hack'), { recursive: true });
  for (const name of [...TREE, 'hack/build-page.ts']) await cp(name, join(tree, name), { recursive: true });
  await symlink(resolve('node_modules'), join(tree, 'node_modules'));
  const environment = {
    ...process.env,
    npm_config_offline: 'true',
    npm_config_loglevel: 'error',
    // No log in the home of who runs this.
    npm_config_logs_max: '0',
  };
  await execute('npm', ['pack', '--pack-destination', path], { cwd: tree, env: environment });
  const { bin, version }: { bin: Record<string, string>; version: string } = JSON.parse(
    await readFile('package.json', 'utf8'),
  );
  await execute('tar', ['xzf', join(path, `k8s-deployment-scaler-${version}.tgz`), '-C', path]);
  // The Node of the test, for the first line of the program.
  const env = { HOME: path, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) };
  for (const [name, called] of Object.entries({ scaler: 'scaler', 'kubectl-scaler': 'kubectl scaler' })) {
    // As npm does.
    const command = join(path, name);
    const program = join(path, 'package', bin[name] ?? '');
    await chmod(program, 0o755);
    await symlink(program, command);
    expect(await runScaler([command, '--version'], env)).toEqual({
      code: 0,
      stdout: `${version}\n`,
      stderr: '',
    });
    expect((await runScaler([command, '--help'], env)).stdout).toContain(`Usage: ${called} `);
    expect(await runScaler([command, 'list'], env)).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: The URL of the service is missing. Give --server https://HOST:PORT: with \`${called} login\` once, or with each command\n`,
    });
    const mcp = await runScaler([command, 'mcp'], env);
    expect(mcp).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('k8s-deployment-scaler-mcp is not installed'),
    });
  }
});
