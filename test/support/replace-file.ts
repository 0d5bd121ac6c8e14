import { rename, writeFile } from 'node:fs/promises';

/** Writes a file next to the old one and renames it to the name of the old one, so that no reader sees half of it. */
export async function replaceFile(path: string, content: string): Promise<void> {
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}
