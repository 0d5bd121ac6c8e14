import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './build.ts';

const SECTION = '## Use it from your language';

/** The code in this language in the README: the only block in its section. */
export async function readmeSnippet(language: string): Promise<string> {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  const section = readme.split(`${SECTION}\n`)[1]?.split('\n## ')[0] ?? '';
  return section.split(`\`\`\`${language}\n`)[1]?.split('```')[0] ?? '';
}

/** The lines of a source file that the README must show, without their common indentation. */
export async function markedPart(file: string): Promise<string> {
  const source = await readFile(file, 'utf8');
  const [, part = ''] = /README begins\n(.*?)\n[^\n]*README ends/s.exec(source) ?? [];
  const lines = part.split('\n');
  const indentation = /^\s*/.exec(lines[0] ?? '')?.[0] ?? '';
  return lines
    .map((line) => `${line.startsWith(indentation) ? line.slice(indentation.length) : line}\n`)
    .join('');
}
