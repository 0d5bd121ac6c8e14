import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

const WRONG = [
  ['src/lib', '../kube/json.ts'],
  ['src/tls', '../config/limits.ts'],
  ['src/kube', '../cluster/deployment.ts'],
  ['src/kube/client', '../../cluster/deployment.ts'],
  ['src/kube/reflector', 'fastify'],
  ['src/cluster', '../fleet/fleet.ts'],
  ['src/cluster/access', '@fastify/error'],
  ['src/cluster/state', '../../batch/batch.ts'],
  ['src/batch', '../api/errors.ts'],
  ['src/batch/deeper', '../../fleet/fleet.ts'],
  ['src/fleet', '../api/errors.ts'],
  ['src/api', '../fleet/fleet.ts'],
  ['src/observability', '../../plugins/drain.ts'],
  ['src/config', '../api/errors.ts'],
  ['src/client', '../lib/sleep.ts'],
  ['src/client/deeper', 'node:fs'],
  ['src/cli', '../lib/sleep.ts'],
  ['src/cli/commands', '../../page/main.ts'],
  ['src/page', '../cli/scaler.ts'],
  ['src/page/deeper', 'node:fs'],
  ['mcp', '../src/cli/scaler.ts'],
  ['plugins', '../routes/health.ts'],
  ['routes', '../src/cluster/cluster.ts'],
  ['routes/deeper', '../../plugins/request-cluster.ts'],
] as const;
const RIGHT = [
  ['src/kube/kubeconfig', '../../lib/sleep.ts'],
  ['src/batch', '../cluster/deployment.ts'],
  ['src/fleet', '../kube/json.ts'],
  ['src/api', '../batch/batch.ts'],
  ['src/client', './api.ts'],
  ['src/cli', '../client/api-error.ts'],
  ['src/cli/commands', 'node:fs'],
  ['src/page', 'lit-html'],
  ['mcp', '../src/client/scaler-client.ts'],
  ['plugins', '../src/tls/client-connection.ts'],
] as const;

/** The folders with a file whose imports Biome refuses under the rules of this repository. */
function refused(imports: readonly (readonly [folder: string, specifier: string])[]): string[] {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'layers-test-')));
  try {
    const { linter, overrides } = JSON.parse(readFileSync('biome.json', 'utf8'));
    writeFileSync(join(root, 'biome.json'), JSON.stringify({ root: true, linter, overrides }));
    for (const [folder, specifier] of imports) {
      const file = join(root, folder, 'file.ts');
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `export * from '${specifier}';\n`);
    }
    const options = ['lint', '--reporter=github', '--max-diagnostics=none'];
    const { stdout } = spawnSync(resolve('node_modules/.bin/biome'), options, {
      cwd: root,
      encoding: 'utf8',
    });
    const found = stdout.matchAll(/title=lint\/style\/noRestrictedImports,file=([^,]+)\/file\.ts/g);
    return [...found].map(([, folder = '']) => relative(root, resolve(root, folder))).sort();
  } finally {
    rmSync(root, { recursive: true });
  }
}

it('lint refuses imports from a layer above, in every folder', () => {
  expect(refused(WRONG)).toEqual(WRONG.map(([folder]) => folder).sort());
});

it('lint allows imports from a layer below, in every folder', () => {
  expect(refused(RIGHT)).toEqual([]);
});
