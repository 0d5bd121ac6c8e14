import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pageFiles } from '../src/api/page-files.ts';

/** `npm run build` runs this last: it writes the files of the page, without types, to where the compiled service looks. */
const FOLDER = 'dist/page';

rmSync(FOLDER, { recursive: true, force: true });
for (const [path, { content }] of pageFiles()) {
  const file = join(FOLDER, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
