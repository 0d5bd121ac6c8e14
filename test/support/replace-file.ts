import { rename, writeFile } from 'node:fs/promises';

/** Writes a file beside the old one and renames it over that: at once, so that nobody reads a half of it. */
export async function replaceFile(path: string, content: string): Promise<void> {
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}
