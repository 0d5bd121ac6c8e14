import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import manifest from '../mcp/package.json' with { type: 'json' };

/**
 * Writes the folder of the first argument, by default mcp/dist: the package for others to install: Node strips no types below node_modules, so there it has to be
 * JavaScript. From a clone, mcp/server.ts runs as it is.
 */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const { argv } = process;
const folder = argv[2] ?? `${ROOT}mcp/dist`;

rmSync(folder, { recursive: true, force: true });
const bundle = await rolldown({
  input: `${ROOT}mcp/server.ts`,
  platform: 'node',
  external: /^(?!\.|\/)/,
});
await bundle.write({ dir: folder });
const { scripts: _, ...published } = manifest;
writeFileSync(
  `${folder}/package.json`,
  `${JSON.stringify({ ...published, exports: './server.js' }, undefined, 2)}\n`,
);
copyFileSync(`${ROOT}LICENSE`, `${folder}/LICENSE`);
